/** The shape of a subscribe request, checked by hand: wire protocol 1 and its additions. */
import { isAbsolute } from 'node:path';
import { SOURCE_NAME, WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { all, MAX_SPECS, oneOf, parsePredicate, type Predicate } from '../../predicate/index.js';
import { ULID } from '../../store/ulid.js';
import type { Request } from '../connection.js';

export interface SubscribeRequest {
  readonly filters: readonly string[] | null;
  readonly eventTypes: readonly string[] | null;
  readonly sources: readonly string[] | null;
  readonly since: string | null;
  readonly cwd: string | null;
  readonly match: Predicate;
  readonly anyOf: readonly Predicate[];
}

const FILTER = /^([A-Za-z0-9_.-]+\/([A-Za-z0-9_.-]+|\*)|\*)$/;
const MAX_CWD_BYTES = 4096;

/**
 * @throws WaitbusError WAITBUS_BAD_REQUEST or WAITBUS_BAD_CURSOR when malformed,
 *   WAITBUS_BAD_PREDICATE when a predicate is
 */
export function parseSubscribe(request: Request): SubscribeRequest {
  const { since, cwd, envelope, errors } = request;
  if (envelope !== undefined && envelope !== 'diffs') throw bad('envelope must be "diffs"');
  if (errors !== undefined && typeof errors !== 'boolean')
    throw bad('errors must be true or false');
  return {
    filters: texts(request, 'filters', FILTER),
    eventTypes: texts(request, 'event_types', /^/),
    sources: texts(request, 'sources', SOURCE_NAME),
    since: since === undefined || since === null ? null : cursor(since),
    cwd: cwd === undefined || cwd === null ? null : directory(cwd),
    ...predicates(request),
  };
}

/** What a host is asked for on behalf of a subscriber. */
export function interestOf({ sources, cwd, filters, match, anyOf, eventTypes }: SubscribeRequest) {
  const types = eventTypes === null ? [] : [oneOf(['event_type'], eventTypes)];
  const common = [...types, ...match.terms];
  return {
    sources: sources ?? [],
    cwd,
    filters: filters?.includes('*') === true ? [] : (filters ?? []),
    // As alternatives that each say all of it.
    anyOf: (anyOf.length === 0 ? [all([])] : anyOf).map(({ terms }) => all([...common, ...terms])),
  };
}

/** A list of texts; null when absent or empty, which both mean all. */
function texts(request: Request, member: string, pattern: RegExp): readonly string[] | null {
  const value = request[member];
  if (value === undefined || value === null) return null;
  if (!isTexts(value)) throw bad(`${member} must be a list of strings`);
  const wrong = value.find((text) => !pattern.test(text));
  if (wrong !== undefined) throw bad(`${member}: ${JSON.stringify(wrong)} is malformed`);
  return value.length === 0 ? null : value;
}

function predicates({ match = [], any_of: anyOf = [] }: Request): {
  match: Predicate;
  anyOf: readonly Predicate[];
} {
  if (!isTexts(match)) throw bad('match must be a list of strings');
  if (!Array.isArray(anyOf) || !anyOf.every(isTexts))
    throw bad('any_of must be a list of lists of strings');
  const count = match.length + anyOf.flat().length;
  if (count > MAX_SPECS) {
    throw new WaitbusError(
      'WAITBUS_BAD_PREDICATE',
      `${count} predicates; at most ${MAX_SPECS} are allowed`,
    );
  }
  const clauses = anyOf.map(parsePredicate);
  return {
    match: match.length === 0 ? all([]) : parsePredicate(match),
    anyOf: clauses.some((clause) => clause.terms.length === 0) ? [] : clauses,
  };
}

function cursor(value: unknown): string {
  const text = typeof value === 'string' ? value.toUpperCase() : '';
  if (!ULID.test(text)) throw new WaitbusError('WAITBUS_BAD_CURSOR', 'since is not a ULID');
  return text;
}

function directory(value: unknown): string {
  if (typeof value !== 'string' || !isAbsolute(value) || Buffer.byteLength(value) > MAX_CWD_BYTES) {
    throw bad('cwd must be an absolute path');
  }
  return value;
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((member) => typeof member === 'string');
}

function bad(message: string): WaitbusError {
  return new WaitbusError('WAITBUS_BAD_REQUEST', message);
}
