/**
 * A subscription: what it asks for, where its cursor stands, and where its frames go. It holds no
 * queue of events. `hub.ts` moves it between live and catching up.
 */
import type { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import {
  all,
  compile,
  oneOf,
  type Matcher,
  type Predicate,
  type Subject,
  type Term,
} from '../predicate/index.js';
import { prefilterOf, type Prefilter } from '../store/prefilter.js';

/** Where frames go. A connection in the daemon, a recorder in tests. */
export interface Sink {
  /**
   * Takes bytes, always: one or more whole frames.
   * @returns false once the reader is behind; the caller then stops until `Subscription.drained`
   */
  write(bytes: Buffer): boolean;
  /** Sends what was taken in this turn. */
  flush(): void;
  /** Ends with an error: the subscription cannot go on and its reader must hear of it. */
  fail(error: WaitbusError): void;
}

/** What a subscriber asked for; every part narrows. */
export interface SubscriptionRequest {
  /** `owner/repo`, `owner/*` or `*`; null for all. */
  readonly filters: readonly string[] | null;
  readonly eventTypes: readonly string[] | null;
  readonly sources: readonly string[] | null;
  /** All must hold. */
  readonly match: Predicate;
  /** One of them must hold, if there are any. */
  readonly anyOf: readonly Predicate[];
  /** For events of a source: a predicate that these must meet besides. */
  readonly scopes: ReadonlyMap<string, Predicate>;
}

/** Everything, as a subscriber without wishes gets it. */
export const EVERYTHING: SubscriptionRequest = {
  filters: null,
  eventTypes: null,
  sources: null,
  match: all([]),
  anyOf: [],
  scopes: new Map(),
};

/** A place in the log: after this event. `eventId` is the client's cursor when it gave one. */
export interface Position {
  readonly seq: number;
  readonly eventId: string;
}

export class Subscription {
  readonly request: SubscriptionRequest;
  readonly sink: Sink;
  /** null when everything matches, so that replay need not parse what it only copies. */
  readonly selects: Matcher | null;
  /** What the store can decide of it, for replay. */
  readonly prefilter: Prefilter;
  /** null while live: then the cursor is at the head. */
  position: Position | null;
  /** The sink's reader is behind: nothing is written until it has drained. */
  stalled = false;
  closed = false;
  /** The last event this was considered for; keeps an event from being sent twice. */
  lastSeq = 0;

  /** Control frames that follow the events before the head; empty while live. */
  readonly pending: Buffer[] = [];

  /** Called once, when it has caught up for the first time. */
  onCaughtUp: () => void;

  constructor(
    request: SubscriptionRequest,
    sink: Sink,
    position: Position | null,
    onCaughtUp: () => void = () => undefined,
  ) {
    this.request = request;
    this.sink = sink;
    this.position = position;
    this.onCaughtUp = onCaughtUp;
    this.selects = compileRequest(request);
    this.prefilter = prefilterOf(all(requiredTerms(request)));
  }

  get live(): boolean {
    return this.position === null;
  }
}

/** The whole request as one function of an event's frame; null when every event matches. */
export function compileRequest(request: SubscriptionRequest): Matcher | null {
  const { eventTypes, sources, filters, scopes } = request;
  const tests: Matcher[] = [];
  if (eventTypes !== null) {
    const wanted = new Set<unknown>(eventTypes);
    tests.push((subject) => wanted.has(subject['event_type']));
  }
  if (sources !== null) {
    const wanted = new Set<unknown>(sources);
    tests.push((subject) => wanted.has(sourceOf(subject)));
  }
  if (filters !== null && !filters.includes('*')) tests.push(compileFilters(filters));
  if (request.match.terms.length > 0) tests.push(compile(request.match));
  if (request.anyOf.length > 0) {
    const clauses = request.anyOf.map(compile);
    tests.push((subject) => clauses.some((clause) => clause(subject)));
  }
  if (scopes.size > 0) {
    const bySource = new Map([...scopes].map(([source, scope]) => [source, compile(scope)]));
    tests.push((subject) => bySource.get(sourceOf(subject))?.(subject) ?? true);
  }
  if (tests.length === 0) return null;
  return (subject) => {
    for (const test of tests) if (!test(subject)) return false;
    return true;
  };
}

/** Terms that every event must meet, those that name few events first. */
function requiredTerms({ match, eventTypes, sources }: SubscriptionRequest): Term[] {
  return [
    ...match.terms,
    ...(eventTypes === null ? [] : [oneOf(['event_type'], eventTypes)]),
    ...(sources === null ? [] : [oneOf(['fields', 'source'], sources)]),
  ];
}

function sourceOf(subject: Subject): string {
  return (subject['fields'] as { source: string }).source;
}

function compileFilters(filters: readonly string[]): Matcher {
  const exact = new Set(filters);
  return (subject) => {
    const owner = String(subject['owner']);
    return exact.has(`${owner}/*`) || exact.has(`${owner}/${String(subject['repo'])}`);
  };
}
