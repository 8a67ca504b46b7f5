/**
 * Holds as the daemon serves them: each grant and each end is an event of its owner's making, an
 * owner whose connection ends has let go, and what was held when a daemon was killed is kept for its
 * owner a while. Who holds what is decided in `table.ts`.
 */
import { asWaitbusError, WaitbusError, type CheckedEvent } from '@waitbus/plugin-sdk/envelope';
import type { KeptHold } from './journal.js';
import { HoldTable, type Hold } from './table.js';
import type { Answer, HoldsOptions, Owner, Wanted } from './terms.js';

/** An owner comes back within a quarter of a second; a machine may be busy when a daemon starts. */
const ORPHAN_MS = 5000;
/** All of them are looked through when one is asked for, and kept in one file. */
const MAX_HOLDS = 1000;
const MAX_HOLDS_OF_ONE = 256;
/** Tokens that are remembered as ended, so that a late owner learns that it lost its hold. */
const MAX_ENDED = 10_000;

interface Terms {
  readonly wanted: Pick<Wanted, 'granted' | 'will' | 'data'>;
  readonly answer: Answer;
}

export class Holds {
  readonly #options: HoldsOptions;
  readonly #table = new HoldTable<Owner>();
  readonly #terms = new Map<string, Terms>();
  readonly #ended = new Set<string>();
  /** Granted, and answered once it is kept. */
  #ungiven = new Set<string>();
  #isKept = true;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(options: HoldsOptions) {
    this.#options = options;
  }

  /** Takes over what was held when the last daemon ended. */
  start(): void {
    const { journal, log } = this.#options;
    let kept: readonly KeptHold[] = [];
    try {
      kept = journal.read();
    } catch (error) {
      log.error({ err: error }, 'what was held before cannot be read; nothing is held');
    }
    for (const { token, key, since, will, data } of kept) {
      this.#table.orphan({ token, key, since });
      this.#terms.set(token, { wanted: { granted: null, will, data }, answer: () => undefined });
    }
    if (kept.length > 0) this.#timer = setTimeout(() => this.#expire(), ORPHAN_MS).unref();
  }

  /** What is held, and who waits, in the order in which they came. */
  list(): readonly object[] {
    return this.#table.all.map((hold) => this.#described(hold));
  }

  request(owner: Owner, wanted: Wanted, answer: Answer): void {
    const { token, key, mayWait, resume } = wanted;
    const known = this.#table.find(token);
    // It may ask for the first time by its own account: the daemon died before it answered.
    const isOrphan = known?.state === 'orphaned';
    if (known !== undefined && (isOrphan || (resume && known.state !== 'waiting'))) {
      this.#table.adopt(token, owner);
      this.#terms.set(token, { wanted, answer });
      if (resume) answer({ kind: 'held', event_id: null, since: known.since });
      else this.#granted(token);
      return;
    }
    if (known !== undefined) throw bad(`token ${JSON.stringify(token)} is in use`);
    this.#checkRoom(owner);
    if (resume && this.#ended.has(token)) {
      answer({ kind: 'hold_refused', lost: true, blockers: [] });
      return;
    }
    const asked = { token, key, since: this.#options.now(), owner };
    const blockers = this.#table.request(asked, mayWait);
    if (blockers.length === 0 || mayWait) this.#terms.set(token, { wanted, answer });
    if (blockers.length === 0) this.#granted(token);
    else if (!mayWait) {
      const shown = blockers.map((hold) => this.#described(hold));
      answer({ kind: 'hold_refused', lost: false, blockers: shown });
    }
  }

  /**
   * Ends a hold, whoever asks, without its will; `event` is published before the next one holds.
   * @returns whether there was one
   */
  release(by: Owner, token: string, event: CheckedEvent | null): boolean {
    const hold = this.#table.find(token);
    if (hold === undefined) return false;
    if (hold.state === 'waiting') {
      this.#terms.get(token)?.answer({ kind: 'hold_refused', lost: true, blockers: [] });
    } else if (hold.owner !== by) {
      hold.owner?.send({ kind: 'hold_lost', token });
    }
    this.#end([{ hold, event }]);
    return true;
  }

  /** A connection has ended: what it held is free, and its wills are published. */
  left(owner: Owner): void {
    if (this.#closed) return;
    const left = this.#table.all.filter((hold) => hold.owner === owner);
    this.#end(
      left.map((hold) => ({ hold, event: hold.state === 'held' ? this.#will(hold) : null })),
    );
  }

  /** What is held stays in the journal: the owners come back to the next daemon. */
  close(): void {
    this.#settle();
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #expire(): void {
    const orphans = this.#table.all.filter(({ state }) => state === 'orphaned');
    for (const { key } of orphans)
      this.#options.log.info({ key }, 'the owner of a hold did not come back');
    this.#end(orphans.map((hold) => ({ hold, event: this.#will(hold) })));
  }

  #checkRoom(owner: Owner): void {
    if (this.#table.size >= MAX_HOLDS) throw bad(`at most ${MAX_HOLDS} keys can be held`);
    const own = this.#table.all.filter((hold) => hold.owner === owner);
    if (own.length >= MAX_HOLDS_OF_ONE)
      throw bad(`one connection can hold at most ${MAX_HOLDS_OF_ONE} keys`);
  }

  #granted(token: string): void {
    this.#ungiven.add(token);
    this.#keepSoon();
  }

  /** One write for all that one piece of input brought about. */
  #keepSoon(): void {
    if (this.#isKept) queueMicrotask(() => this.#settle());
    this.#isKept = false;
  }

  /** The journal first: what is not in it would be lost with the daemon. */
  #settle(): void {
    if (this.#isKept || this.#closed) return;
    this.#isKept = true;
    const given = this.#ungiven;
    this.#ungiven = new Set();
    try {
      this.#keep();
    } catch (error) {
      // The file may tell of one too many: a daemon that starts waits for it in vain, once.
      this.#options.log.error({ err: error }, 'what is held cannot be kept');
      const { message } = error as Error;
      const reason = `what is held cannot be kept: ${message}`;
      for (const token of given) {
        const terms = this.#terms.get(token);
        if (terms) this.#refuse(token, terms, new WaitbusError('WAITBUS_STORE_FAILED', reason));
      }
      return;
    }
    for (const token of given) this.#give(token);
  }

  #give(token: string): void {
    const terms = this.#terms.get(token);
    const hold = this.#table.find(token);
    if (terms === undefined || hold === undefined) return;
    const held = (eventId: string | null) =>
      terms.answer({ kind: 'held', event_id: eventId, since: hold.since });
    if (terms.wanted.granted === null) held(null);
    else {
      this.#options.publish(terms.wanted.granted, (outcome) => {
        if (outcome.error === undefined) held(outcome.results[0]?.event_id ?? null);
        else this.#refuse(token, terms, outcome.error);
      });
    }
  }

  #refuse(token: string, terms: Terms, error: unknown): void {
    const hold = this.#table.find(token);
    terms.answer(asWaitbusError(error));
    if (hold !== undefined) this.#end([{ hold, event: null }]);
  }

  #end(ends: readonly { hold: Hold<Owner>; event: CheckedEvent | null }[]): void {
    const { publish, now, log } = this.#options;
    const ended = ends.filter(({ hold }) => this.#table.find(hold.token) !== undefined);
    if (ended.length === 0) return;
    for (const { hold, event } of ended) {
      // What ends in the turn of its grant need not be kept.
      if (this.#ungiven.delete(hold.token)) this.#give(hold.token);
      this.#terms.delete(hold.token);
      this.#remember(hold.token);
      if (event === null) continue;
      publish(event, ({ error }) => {
        if (error !== undefined) log.error({ err: error, key: hold.key }, 'an end was not stored');
      });
    }
    const tokens = ended.map(({ hold }) => hold.token);
    for (const { token } of this.#table.end(tokens, now())) this.#granted(token);
    this.#keepSoon();
  }

  #remember(token: string): void {
    this.#ended.add(token);
    const [oldest] = this.#ended;
    if (this.#ended.size > MAX_ENDED && oldest !== undefined) this.#ended.delete(oldest);
  }

  #will({ token }: Hold<Owner>): CheckedEvent | null {
    const will = this.#terms.get(token)?.wanted.will;
    try {
      return will === null || will === undefined ? null : this.#options.checkEvent(will);
    } catch (error) {
      // Checked when it came; its source has gone since.
      this.#options.log.error({ err: error }, 'the will of a hold cannot be published');
      return null;
    }
  }

  #keep(): void {
    const kept = this.#table.all
      .filter(({ state }) => state !== 'waiting')
      .map(({ token, key, since }) => {
        const { will = null, data = null } = this.#terms.get(token)?.wanted ?? {};
        return { token, key, since, will, data };
      });
    this.#options.journal.write(kept);
  }

  #described({ token, key, since, state }: Hold<Owner>): object {
    return { token, key, since, state, data: this.#terms.get(token)?.wanted.data ?? null };
  }
}

function bad(message: string): WaitbusError {
  return new WaitbusError('WAITBUS_BAD_REQUEST', message);
}
