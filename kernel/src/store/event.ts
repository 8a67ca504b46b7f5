/**
 * From a checked event to what is stored and sent: its frame, encoded once. The text made here is
 * what is stored, and its bytes are what every subscriber gets, live or replayed.
 */
import {
  parseFrameText,
  stringifyJson,
  WaitbusError,
  type CheckedEvent,
} from '@waitbus/plugin-sdk/envelope';
import type { Subject } from '../predicate/index.js';
import type { WireSpan, WireWriter } from './wire.js';

/** The largest frame that the daemon sends to a subscriber, in bytes (protocol 1). */
export const MAX_FRAME_BYTES = 65_536;
/** With the largest payload, the answer to `get` stays within its cap. */
const MAX_STORED_BYTES = 5 * 1024 * 1024;

/** The cap of that answer, less what stands around the frame and the payload in it. */
const MAX_ANSWERED_BYTES = 16 * 1024 * 1024 - 4096;

/** Every frame begins so: `idInText` finds its id behind it. */
const BEFORE_ID = '{"kind":"event","event_id":"';
const ID_CHARACTERS = 26;

/** An event that is in the log. */
export class CommittedEvent {
  readonly seq: number;
  readonly eventId: string;
  readonly span: WireSpan;
  readonly #event: CheckedEvent;
  /** Nanoseconds since the epoch, as digits. */
  readonly #receivedAt: string;
  #subject: Subject | null = null;

  constructor(
    seq: number,
    eventId: string,
    span: WireSpan,
    event: CheckedEvent,
    receivedAt: string,
  ) {
    this.seq = seq;
    this.eventId = eventId;
    this.span = span;
    this.#event = event;
    this.#receivedAt = receivedAt;
  }

  /** What predicates are tested on: the frame as an object. Made when it is first asked for. */
  get subject(): Subject {
    this.#subject ??= subjectOf(this.#event, this.eventId, BigInt(this.#receivedAt));
    return this.#subject;
  }

  /** The frame for subscribers, length prefix included; never over the cap. */
  get wire(): Buffer {
    const { slab, start, end } = this.span;
    return slab.subarray(start, end);
  }
}

/** When an event without a time of its own was received, as digits. `now` in milliseconds. */
export function nanosecondsOf(now: number): string {
  return String(BigInt(Math.floor(now)) * 1_000_000n);
}

/**
 * The frame's JSON, whatever its size.
 * @param receivedAt nanoseconds since the epoch, as digits: more of them than JSON.stringify can write
 * @throws WaitbusError WAITBUS_BAD_EVENT
 */
export function frameText(event: CheckedEvent, eventId: string, receivedAt: string): string {
  const { owner, repo, event_type: type } = event;
  const delivery = event.delivery_id === null ? `"${eventId}"` : JSON.stringify(event.delivery_id);
  return (
    `${BEFORE_ID}${eventId}","event_type":"${type}","owner":${JSON.stringify(owner)}` +
    `,"repo":${JSON.stringify(repo)},"received_at":${receivedAt},"delivery_id":${delivery}` +
    `,"summary":${JSON.stringify(event.summary)},"fields":${fieldsText(event)}}`
  );
}

/** Writes a frame for subscribers; one over the cap is stood for by a `truncated` frame. */
export function writeWire(writer: WireWriter, text: string, event: CheckedEvent): WireSpan {
  if (text.length <= MAX_FRAME_BYTES / 3) return writer.append(text);
  const bytes = Buffer.byteLength(text);
  if (bytes <= MAX_FRAME_BYTES) return writer.append(text);
  if (bytes > MAX_STORED_BYTES) {
    throw new WaitbusError('WAITBUS_BAD_EVENT', `fields take over ${MAX_STORED_BYTES} bytes`);
  }
  return writer.append(truncatedText(idInText(text), event.fields['msg_correlation_id']));
}

/**
 * A payload that came in blanks and escapes is stored so: it must not make the event too large to get.
 * @throws WaitbusError WAITBUS_BAD_EVENT
 */
export function checkAnswer(text: string, payload: CheckedEvent['payload']): void {
  if (!(payload instanceof Buffer)) return;
  if (payload.length + Buffer.byteLength(text) <= MAX_ANSWERED_BYTES) return;
  throw new WaitbusError('WAITBUS_BAD_EVENT', `it takes over ${MAX_ANSWERED_BYTES} bytes`);
}

/** What a subscriber gets for a stored frame over the cap. */
export function truncatedFromStored(frame: Buffer): string {
  const subject = subjectFromStored(frame);
  const correlation = (subject['fields'] as Subject)['msg_correlation_id'];
  return truncatedText(String(subject['event_id']), correlation);
}

export function subjectFromStored(frame: Buffer): Subject {
  return parseFrameText(frame.toString('utf8')) as Subject;
}

function idInText(text: string): string {
  return text.slice(BEFORE_ID.length, BEFORE_ID.length + ID_CHARACTERS);
}

const OWN_KEYS = ['source', 'event_type', 'owner', 'repo', 'ingest_method'] as const;

/** The producer's fields and, behind them, those that the kernel adds. */
function fieldsText(event: CheckedEvent): string {
  const { fields } = event;
  // What the kernel says of an event stands over what its producer says.
  if (OWN_KEYS.some((key) => Object.hasOwn(fields, key))) return stringifyJson(fieldsOf(event));
  const given = stringifyJson(fields);
  const separator = given === '{}' ? '' : ',';
  return (
    `${given.slice(0, -1)}${separator}"source":"${event.source}"` +
    `,"event_type":"${event.event_type}","owner":${JSON.stringify(event.owner)}` +
    `,"repo":${JSON.stringify(event.repo)},"ingest_method":"${event.ingest_method}"}`
  );
}

function fieldsOf(event: CheckedEvent): CheckedEvent['fields'] {
  const { source, event_type, owner, repo, ingest_method } = event;
  return { ...event.fields, source, event_type, owner, repo, ingest_method };
}

function subjectOf(event: CheckedEvent, eventId: string, receivedAt: bigint): Subject {
  return {
    kind: 'event',
    event_id: eventId,
    event_type: event.event_type,
    owner: event.owner,
    repo: event.repo,
    received_at: receivedAt,
    delivery_id: event.delivery_id ?? eventId,
    summary: event.summary,
    fields: fieldsOf(event),
  };
}

/** Stands for an event over the cap; the whole row is had with `get`. */
function truncatedText(eventId: string, correlation: unknown): string {
  return JSON.stringify({
    kind: 'truncated',
    event_id: eventId,
    reason: 'frame_too_large',
    max_frame_bytes: MAX_FRAME_BYTES,
    correlation_id:
      typeof correlation === 'string' && correlation.length <= 512 ? correlation : null,
  });
}
