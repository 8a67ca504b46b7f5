/**
 * The envelope: what a producer hands to the bus, its limits, and the check that every event passes
 * before it is stored. Written by hand because it runs once per event on the hot path.
 */
import { WaitbusError } from './waitbus-error.js';
import { isObject } from './is-object.js';
import { isWritable, stringifyJson } from './json.js';
import { JsonText } from './json-text.js';
import { BadTime, nanosecondsFrom } from './received-at.js';

/** A JSON value, with integers beyond 2^53 as bigint. */
export type Json =
  string | number | bigint | boolean | null | readonly Json[] | { readonly [key: string]: Json };

export type Fields = Readonly<Record<string, Json>>;

/** What a source emits; the daemon adds `source` from the pin. */
export interface SourceEvent {
  /** `[a-z][a-z0-9_]{0,63}`, and declared in the source's manifest. */
  readonly event_type: string;
  /** Idempotency key, at most 512 bytes: a second event with the same key is not stored. */
  readonly delivery_id?: string;
  /** Default `local`. */
  readonly owner?: string;
  /** Default `local`. */
  readonly repo?: string;
  /**
   * When it happened, in nanoseconds since the epoch. Default: now. What can only be seconds,
   * milliseconds or microseconds is taken for that; what is no time since 2001 is refused.
   */
  readonly received_at?: bigint | number;
  /** One line for people; cut at 400 characters. */
  readonly summary?: string;
  /** What predicates match on: at most 256 keys in all, nested at most 8 deep, of 65,536 values. */
  readonly fields?: Fields;
  /** Anything JSON, at most 10 MiB; stored, read with `get`, never on the subscriber's wire. */
  readonly payload?: Json;
  /** How it came in, `[a-z][a-z0-9_-]{0,31}`. Default `emit`. */
  readonly ingest_method?: string;
}

/** What a producer emits over the socket. */
export interface Envelope extends SourceEvent {
  /** `[a-z][a-z0-9_-]{0,31}`, the name of an installed source. */
  readonly source: string;
}

/** An envelope that passed the check: defaults filled in, `payload` as JSON text or its UTF-8. */
export interface CheckedEvent {
  readonly source: string;
  readonly event_type: string;
  readonly delivery_id: string | null;
  readonly owner: string;
  readonly repo: string;
  readonly received_at: bigint | null;
  readonly summary: string;
  readonly fields: Fields;
  readonly payload: string | Buffer | null;
  readonly ingest_method: string;
}

export const LIMITS = {
  deliveryIdBytes: 512,
  nameBytes: 256,
  summaryCharacters: 400,
  fieldKeys: 256,
  fieldDepth: 8,
  fieldValues: 65_536,
  payloadBytes: 10 * 1024 * 1024,
  eventsPerRequest: 1000,
} as const;

export const SOURCE_NAME = /^[a-z][a-z0-9_-]{0,31}$/;
export const EVENT_TYPE = /^[a-z][a-z0-9_]{0,63}$/;

const KNOWN = new Set([
  'source',
  'event_type',
  'delivery_id',
  'owner',
  'repo',
  'received_at',
  'summary',
  'fields',
  'payload',
  'ingest_method',
]);

/**
 * Checks one event from outside.
 * @throws WaitbusError WAITBUS_BAD_EVENT that names the field
 */
export function checkEnvelope(value: unknown): CheckedEvent {
  if (!isObject(value)) throw bad('the event', 'must be a JSON object');
  for (const key in value) {
    if (!KNOWN.has(key)) throw bad(quote(key), 'is not a member of an event');
  }
  const fields = value['fields'] ?? {};
  if (!isObject(fields)) throw bad('fields', 'must be an object');
  checkFields(fields, 1, { keys: 0, values: 0 });
  return {
    source: matching(value, 'source', SOURCE_NAME),
    event_type: matching(value, 'event_type', EVENT_TYPE),
    delivery_id: optionalText(value, 'delivery_id', LIMITS.deliveryIdBytes),
    owner: optionalText(value, 'owner', LIMITS.nameBytes) ?? 'local',
    repo: optionalText(value, 'repo', LIMITS.nameBytes) ?? 'local',
    received_at: receivedAt(value['received_at']),
    summary: summaryOf(value['summary']),
    fields: fields as Fields,
    payload: payloadText(value['payload']),
    ingest_method:
      value['ingest_method'] === undefined ? 'emit' : matching(value, 'ingest_method', SOURCE_NAME),
  };
}

type JsonObject = Record<string, unknown>;

function bad(field: string, problem: string): WaitbusError {
  return new WaitbusError('WAITBUS_BAD_EVENT', `${field} ${problem}`);
}

function quote(text: string): string {
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}...` : text);
}

function matching(value: JsonObject, field: string, pattern: RegExp): string {
  const text = value[field];
  if (text === undefined) throw bad(field, 'is missing');
  if (typeof text !== 'string') throw bad(field, 'must be a string');
  if (!pattern.test(text)) throw bad(field, `${quote(text)} does not match ${pattern.source}`);
  return text;
}

function optionalText(value: JsonObject, field: string, maxBytes: number): string | null {
  const text = value[field];
  if (text === undefined) return null;
  if (typeof text !== 'string') throw bad(field, 'must be a string');
  if (text === '') throw bad(field, 'must not be empty');
  if (!text.isWellFormed()) throw bad(field, 'has a lone surrogate, which UTF-8 cannot carry');
  // A string of N UTF-16 units has at most 3N bytes, so most need no count.
  if (text.length * 3 > maxBytes && Buffer.byteLength(text) > maxBytes) {
    throw bad(field, `is longer than ${maxBytes} bytes`);
  }
  return text;
}

/** Cut and mended, not refused: a summary is for people. Counts code points, so that no pair is split. */
function summaryOf(value: unknown): string {
  if (value === undefined) return '';
  if (typeof value !== 'string') throw bad('summary', 'must be a string');
  if (value.length <= LIMITS.summaryCharacters) return value.toWellFormed();
  return Array.from(value.slice(0, LIMITS.summaryCharacters * 2))
    .slice(0, LIMITS.summaryCharacters)
    .join('')
    .toWellFormed();
}

function receivedAt(value: unknown): bigint | null {
  if (value === undefined) return null;
  try {
    return nanosecondsFrom(value);
  } catch (error) {
    if (!(error instanceof BadTime)) throw error;
    throw bad('received_at', error.message);
  }
}

function payloadText(value: unknown): string | Buffer | null {
  if (value === undefined) return null;
  if (value instanceof JsonText) {
    if (value.plainBytes > LIMITS.payloadBytes) throw tooLarge();
    return value.bytes;
  }
  let text: string | undefined;
  try {
    text = stringifyJson(value);
  } catch (error) {
    throw bad('payload', `cannot be written as JSON: ${(error as Error).message}`);
  }
  if (text === undefined) throw bad('payload', 'is not a JSON value');
  if (Buffer.byteLength(text) > LIMITS.payloadBytes) throw tooLarge();
  return text;
}

function tooLarge(): WaitbusError {
  return bad('payload', `is larger than ${LIMITS.payloadBytes} bytes`);
}

interface FieldCount {
  keys: number;
  values: number;
}

/** The limits of depth, keys and values, and that every value is JSON. `fields` itself is depth 1. */
function checkFields(value: object, depth: number, count: FieldCount): void {
  if (depth > LIMITS.fieldDepth) {
    throw bad('fields', `is nested deeper than ${LIMITS.fieldDepth} levels`);
  }
  if (Array.isArray(value)) {
    for (const member of value) checkMember(member, depth, count);
    return;
  }
  for (const key of Object.keys(value)) {
    count.keys += 1;
    if (count.keys > LIMITS.fieldKeys) throw bad('fields', `has over ${LIMITS.fieldKeys} keys`);
    checkMember((value as JsonObject)[key], depth, count);
  }
}

function checkMember(member: unknown, depth: number, count: FieldCount): void {
  count.values += 1;
  if (count.values > LIMITS.fieldValues)
    throw bad('fields', `has over ${LIMITS.fieldValues} values`);
  switch (typeof member) {
    case 'string':
    case 'boolean':
      return;
    case 'bigint':
      if (isWritable(member)) return;
      throw bad('fields', 'holds an integer of over 308 digits');
    case 'number':
      if (Number.isFinite(member)) return;
      throw bad('fields', 'holds a number that JSON cannot express');
    case 'object':
      if (member !== null) checkFields(member, depth + 1, count);
      return;
    default:
      throw bad('fields', `holds a ${typeof member}, which JSON cannot express`);
  }
}
