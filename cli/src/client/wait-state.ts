/**
 * The state of a wait, pure: which clauses there are, which are satisfied, when it is over. The
 * stream feeds it; the command and the library ask it.
 */
import { compile, parsePredicate, type Matcher } from '@waitbus/kernel/predicate';
import { SOURCE_NAME, WaitbusError } from '@waitbus/plugin-sdk/envelope';
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
}

/**
 * Parses `source:predicate`.
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
  const predicate = text.slice(colon + 1);
  if (predicate.trim() === '') return { text, source, predicates: [] };
  parsePredicate([predicate]);
  return { text, source, predicates: [predicate] };
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

export class WaitState {
  readonly sources: readonly string[];
  readonly #spec: WaitSpec;
  readonly #open: { readonly clause: Clause; readonly at: number; readonly matches: Matcher }[];
  readonly #matched: EventFrame[] = [];
  readonly #stream: StreamState;

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
    if (frame.kind === 'event') this.#offer(frame);
    return this.#matched.slice(before);
  }

  /** A matching event. With `all`, it satisfies every clause that it matches, for good. */
  #offer(event: EventFrame): void {
    if (this.#spec.mode === 'first') {
      this.#matched.push(event);
      return;
    }
    const subject = event as unknown as Readonly<Record<string, unknown>>;
    const before = this.#open.length;
    for (let at = before - 1; at >= 0; at -= 1) {
      if (this.#open[at]?.matches(subject) === true) this.#open.splice(at, 1);
    }
    if (this.#open.length < before) this.#matched.push(event);
  }

  get warnings(): readonly WaitNoteFrame[] {
    return this.#stream.warnings;
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
