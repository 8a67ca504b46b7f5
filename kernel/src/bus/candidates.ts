/**
 * The index over live subscriptions: which of them could match an event. Each subscription stands
 * under one equality that it requires of every event (a commit id, an addressee, a source), so that
 * the cost of an event grows with the subscribers that match and not with those that wait. It only
 * narrows: the hub still runs the whole predicate.
 */
import {
  formatPath,
  isScalar,
  valueAt,
  type OneOf,
  type Path,
  type Predicate,
  type Scalar,
  type Subject,
} from '../predicate/index.js';
import type { Subscription, SubscriptionRequest } from './subscription.js';

interface Anchor {
  readonly path: Path;
  readonly values: readonly Scalar[];
}

interface Bucket {
  readonly path: Path;
  readonly byValue: Map<string, Set<Subscription>>;
}

/** Keys that many events share: an equality on another key narrows better. */
const COMMON_KEYS = new Set([
  'event_type',
  'owner',
  'repo',
  'fields.source',
  'fields.event_type',
  'fields.owner',
  'fields.repo',
  'fields.ingest_method',
  'fields.status',
  'fields.conclusion',
]);

export class Candidates {
  readonly #buckets = new Map<string, Bucket>();
  readonly #unanchored = new Set<Subscription>();

  add(subscription: Subscription): void {
    const anchors = anchorsOf(subscription.request);
    if (anchors === null) this.#unanchored.add(subscription);
    for (const { path, values } of anchors ?? []) {
      const bucket = getOrPut<string, Bucket>(this.#buckets, formatPath(path), () => ({
        path,
        byValue: new Map(),
      }));
      for (const value of values) {
        getOrPut(bucket.byValue, keyOf(value), () => new Set<Subscription>()).add(subscription);
      }
    }
  }

  remove(subscription: Subscription): void {
    this.#unanchored.delete(subscription);
    for (const { path, values } of anchorsOf(subscription.request) ?? []) {
      const key = formatPath(path);
      const bucket = this.#buckets.get(key);
      if (bucket === undefined) continue;
      for (const value of values) {
        const set = bucket.byValue.get(keyOf(value));
        set?.delete(subscription);
        if (set?.size === 0) bucket.byValue.delete(keyOf(value));
      }
      if (bucket.byValue.size === 0) this.#buckets.delete(key);
    }
  }

  /** Calls `visit` for each subscription that may match; for one with several anchors maybe twice. */
  each(event: { readonly subject: Subject }, visit: (subscription: Subscription) => void): void {
    for (const subscription of this.#unanchored) visit(subscription);
    for (const { path, byValue } of this.#buckets.values()) {
      const value = valueAt(event.subject, path);
      if (value === undefined || (typeof value === 'object' && value !== null)) continue;
      const set = byValue.get(keyOf(value as Scalar));
      if (set !== undefined) for (const subscription of set) visit(subscription);
    }
  }
}

function getOrPut<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = create();
    map.set(key, value);
  }
  return value;
}

/**
 * Equalities of which every matching event meets at least one; null when there are none and the
 * subscription must be asked about every event.
 */
export function anchorsOf(request: SubscriptionRequest): readonly Anchor[] | null {
  const ofMatch = best(request.match);
  if (ofMatch !== null && !isCommon(ofMatch)) return [ofMatch];
  const ofClauses = request.anyOf.map(best);
  if (ofClauses.length > 0 && ofClauses.every((anchor) => anchor !== null)) return ofClauses;
  if (ofMatch !== null) return [ofMatch];
  if (request.eventTypes !== null) return [{ path: ['event_type'], values: request.eventTypes }];
  if (request.sources !== null) return [{ path: ['fields', 'source'], values: request.sources }];
  return null;
}

function best(predicate: Predicate): Anchor | null {
  const equalities = predicate.terms.filter((term) => term.kind === 'one-of').filter(isAnchor);
  return equalities.find((term) => !isCommon(term)) ?? equalities[0] ?? null;
}

/** Not so where a list or an object is asked for, or null, which an event without the key may meet. */
function isAnchor(term: OneOf): term is OneOf & Anchor {
  return term.values.every((value) => value !== null && isScalar(value));
}

function isCommon(anchor: Anchor): boolean {
  return COMMON_KEYS.has(formatPath(anchor.path));
}

/** Equal literals have equal keys: a number and a bigint of one value print the same digits. */
function keyOf(value: Scalar): string {
  if (typeof value === 'string') return `s${value}`;
  if (typeof value === 'number' || typeof value === 'bigint') return `n${numberKey(value)}`;
  return `c${String(value)}`;
}

function numberKey(value: number | bigint): string {
  if (typeof value === 'bigint') return value.toString();
  return Number.isInteger(value) ? BigInt(value).toString() : String(value);
}
