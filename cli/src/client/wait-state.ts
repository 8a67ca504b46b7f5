/**
 * The state of a wait, pure: which clauses there are, which are satisfied, when it is over. The
 * stream feeds it; the command and the library ask it.
 */
import { compile, parsePredicate, splitSpecs, type Matcher } from '@waitbus/kernel/predicate';
import { SOURCE_NAME, WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { canBeVerdict, isFailure, isVerdict } from './judged.js';
import type { Obstacle } from './obstacle.js';
import { StreamState } from './stream-state.js';
import type { EventFrame, StreamFrame, StreamRequest, WaitNoteFrame } from './stream.js';

/** One thing waited for. */
export interface Clause {
  /** As the user wrote it. */
  readonly text: string;
  readonly source: string | null;
  readonly predicates: readonly string[];
}

/** What to wait for: all of the clauses, or the first event of any. */
export interface WaitSpec {
  readonly mode: 'all' | 'first';
  readonly clauses: readonly Clause[];
  /** With `first`: how many events end it. */
  readonly count: number;
  /** A clause waits for a verdict, where its source declares that it has such. */
  readonly judged?: boolean;
}

/**
 * Parses `source:predicate predicate ...`, each of which must hold.
 * @throws WaitbusError WAITBUS_BAD_PREDICATE that quotes the clause
 */
export function parseClause(text: string): Clause {
  const colon = text.indexOf(':');
  const source = text.slice(0, colon);
  if (colon < 1 || !SOURCE_NAME.test(source)) {
    throw new WaitbusError(
      'WAITBUS_BAD_PREDICATE',
      `bad clause '${text}': it must be source:predicate`,
      `Write it like 'pytest:fields.event_type="pytest_session"'.`,
    );
  }
  const predicates = splitSpecs(text.slice(colon + 1));
  parsePredicate(predicates);
  return { text, source, predicates };
}

/** The predicates of a clause, its source among them. */
function specsOf(clause: Clause): string[] {
  const source = clause.source === null ? [] : [`fields.source="${clause.source}"`];
  return [...source, ...clause.predicates];
}

/** What to ask the daemon for. */
export function requestOf(spec: WaitSpec): StreamRequest {
  const sources = sourcesOf(spec);
  const [only, ...others] = spec.clauses;
  // A clause without a source may match anywhere, so the subscription as a whole is not narrowed.
  const named = spec.clauses.every((clause) => clause.source !== null) ? { sources } : {};
  if (only !== undefined && others.length === 0) return { match: only.predicates, ...named };
  return { anyOf: spec.clauses.map(specsOf), ...named };
}

export function sourcesOf(spec: WaitSpec): string[] {
  return [...new Set(spec.clauses.flatMap(({ source }) => (source === null ? [] : [source])))];
}

interface OpenClause {
  readonly clause: Clause;
  /** Its place among the clauses. */
  readonly at: number;
  readonly matches: Matcher;
}

export class WaitState {
  readonly sources: readonly string[];
  readonly #spec: WaitSpec;
  readonly #open: OpenClause[];
  readonly #matched: EventFrame[] = [];
  readonly #stream: StreamState;
  /** By the place of a clause: the event types that are its verdicts; without: whatever matches. */
  #verdictTypes: ReadonlyMap<number, readonly string[]> = new Map();
  #failed = false;

  constructor(spec: WaitSpec) {
    this.#spec = spec;
    this.sources = sourcesOf(spec);
    this.#stream = new StreamState(this.sources);
    this.#open = spec.clauses.map((clause, at) => ({
      clause,
      at,
      matches: compile(parsePredicate(specsOf(clause))),
    }));
  }

  /** The events that counted, in order. */
  get matched(): readonly EventFrame[] {
    return this.#matched;
  }

  readonly notes = [];
  readonly caveat = null;
  readonly due = null;

  /** null: the events that counted tell. */
  get outcome(): 'success' | 'failure' | null {
    if (!this.done) return null;
    if (this.#failed) return 'failure';
    return this.#verdictTypes.size === this.#spec.clauses.length ? 'success' : null;
  }

  get done(): boolean {
    return this.#spec.mode === 'all'
      ? this.#open.length === 0
      : this.#matched.length >= this.#spec.count;
  }

  /** Whether nothing can be missed any more. */
  get armed(): boolean {
    return this.#stream.armed;
  }

  /** @returns the event, when it counts */
  receive(frame: StreamFrame): readonly EventFrame[] {
    this.#stream.receive(frame);
    const before = this.#matched.length;
    if (frame.kind === 'subscribe_ack') this.#learn(frame.verdicts ?? {});
    if (frame.kind === 'event') this.#offer(frame);
    return this.#matched.slice(before);
  }

  /** What the manifests of its sources declare. */
  #learn(verdicts: Readonly<Record<string, readonly string[]>>): void {
    if (this.#spec.judged !== true) return;
    const types = this.#spec.clauses.map(({ source, predicates }, at) => {
      const declared = Object.hasOwn(verdicts, source ?? '') ? verdicts[source ?? ''] : undefined;
      const canBe = declared !== undefined && canBeVerdict(predicates, declared);
      return canBe ? ([[at, declared]] as const) : [];
    });
    this.#verdictTypes = new Map(types.flat());
  }

  /** A matching event. With `all`, it satisfies every clause that it meets, for good. */
  #offer(event: EventFrame): void {
    const met = this.#open.filter((open) => this.#meets(event, open));
    if (met.length === 0) return;
    this.#matched.push(event);
    // Of several that it meets, one that asks for a verdict makes it one.
    if (isFailure(event) && met.some(({ at }) => this.#verdictTypes.has(at))) this.#failed = true;
    if (this.#spec.mode === 'first') return;
    for (const open of met) this.#open.splice(this.#open.indexOf(open), 1);
  }

  #meets(event: EventFrame, { at, matches }: OpenClause): boolean {
    const types = this.#verdictTypes.get(at);
    if (types !== undefined && !isVerdict(event, types)) return false;
    // The daemon sends what meets any of them; of one alone, or where it makes no difference, its
    // word is enough.
    const isSettled = this.#spec.clauses.length === 1 && this.#spec.mode === 'first';
    const isAlike = this.#spec.mode === 'first' && this.#verdictTypes.size === 0;
    return isSettled || isAlike || matches(event as unknown as Readonly<Record<string, unknown>>);
  }

  get sourceLines(): readonly string[] {
    return this.#stream.linesOn(this.sources);
  }

  get warnings(): readonly WaitNoteFrame[] {
    return this.#stream.warnings;
  }

  /** It goes by events, each of which says what is so. */
  renew(): boolean {
    return false;
  }

  /** Why the wait cannot be fulfilled any more, or null. */
  hopeless(): Obstacle | null {
    if (this.#stream.replaying) return null;
    // With `first` none is ever taken from the open ones.
    const obstacles = this.#open.map(({ clause, at }) =>
      this.#stream.obstacleTo(clause.source, at),
    );
    const found = obstacles.filter((obstacle) => obstacle !== undefined);
    if (this.#spec.mode === 'all') return found[0] ?? null;
    return found.length === obstacles.length ? (found[0] ?? null) : null;
  }

  /** What is still waited for, as the user wrote it. */
  outstanding(): string[] {
    if (this.#spec.mode === 'all') return this.#open.map(({ clause }) => clause.text);
    const texts = this.#spec.clauses.map((clause) => clause.text);
    const { count } = this.#spec;
    if (count === 1) return texts;
    return [`${this.#matched.length} of ${count} events: ${texts.join(' or ')}`];
  }
}
