/**
 * Holds as the daemon serves them: each grant and each end is an event of its owner's making, an
 * owner whose connection ends has let go, and what was held when a daemon was killed is kept for its
 * owner a while. Who holds what is decided in `table.ts`.
 */
import { asWaitbusError, WaitbusError, type CheckedEvent } from '@waitbus/plugin-sdk/envelope';
import type { Outcome } from '../store/store.js';
import { readJournal, writeJournal, type KeptHold } from './journal.js';
import { HoldTable, type Hold } from './table.js';

/** An owner comes back within a quarter of a second; a machine may be busy when a daemon starts. */
const ORPHAN_MS = 5000;
const MAX_HOLDS = 10_000;
/** Tokens that are remembered as ended, so that a late owner learns that it lost its hold. */
const MAX_ENDED = 10_000;

/** A connection. */
export interface Owner {
  send(message: object): void;
}

export interface Wanted {
  readonly token: string;
  readonly key: string;
  readonly mayWait: boolean;
  /** It was held before the connection was lost. */
  readonly resume: boolean;
  /** Published with the grant. */
  readonly granted: CheckedEvent | null;
  /** Published when the owner's connection ends while it holds; as it came, for the journal. */
  readonly will: unknown;
  /** For those who ask who holds what. */
  readonly data: unknown;
}

/** The answer to a request, sent at once or when it is granted. */
export type Answer = (frame: object | WaitbusError) => void;

export interface HoldsOptions {
  readonly file: string;
  readonly publish: (event: CheckedEvent, done: (outcome: Outcome) => void) => void;
  readonly checkEvent: (value: unknown) => CheckedEvent;
  readonly now: () => number;
  readonly log: {
    info(details: object, message: string): void;
    error(details: object, message: string): void;
  };
}

interface Terms {
  readonly wanted: Pick<Wanted, 'granted' | 'will' | 'data'>;
  readonly answer: Answer;
}

export class Holds {
  readonly #options: HoldsOptions;
  readonly #table = new HoldTable<Owner>();
  readonly #terms = new Map<string, Terms>();
  readonly #ended = new Set<string>();
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(options: HoldsOptions) {
    this.#options = options;
  }

  /** Takes over what was held when the last daemon ended. */
  start(): void {
    const { file, log } = this.#options;
    let kept: readonly KeptHold[] = [];
    try {
      kept = readJournal(file);
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
    if (this.#table.all.length >= MAX_HOLDS) throw bad(`at most ${MAX_HOLDS} keys can be held`);
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
    this.#end(hold, event);
    return true;
  }

  /** A connection has ended: what it held is free, and its wills are published. */
  left(owner: Owner): void {
    if (this.#closed) return;
    for (const hold of this.#table.all.filter((one) => one.owner === owner)) {
      this.#end(hold, hold.state === 'held' ? this.#willOf(hold.token) : null);
    }
  }

  /** The journal stays as it is: the owners come back to the next daemon. */
  close(): void {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #expire(): void {
    for (const hold of this.#table.all.filter(({ state }) => state === 'orphaned')) {
      this.#options.log.info({ key: hold.key }, 'the owner of a hold did not come back');
      this.#end(hold, this.#willOf(hold.token));
    }
  }

  /** The journal first: what is not in it would be lost with the daemon. */
  #granted(token: string): void {
    const terms = this.#terms.get(token);
    const hold = this.#table.find(token);
    if (terms === undefined || hold === undefined) return;
    const refuse = (error: unknown) => {
      terms.answer(asWaitbusError(error));
      this.#end(hold, null);
    };
    try {
      this.#keep();
    } catch (error) {
      const { message } = error as Error;
      refuse(new WaitbusError('WAITBUS_STORE_FAILED', `what is held cannot be kept: ${message}`));
      return;
    }
    const held = (eventId: string | null) =>
      terms.answer({ kind: 'held', event_id: eventId, since: hold.since });
    if (terms.wanted.granted === null) held(null);
    else {
      this.#options.publish(terms.wanted.granted, (outcome) => {
        if (outcome.error === undefined) held(outcome.results[0]?.event_id ?? null);
        else refuse(outcome.error);
      });
    }
  }

  #end(hold: Hold<Owner>, event: CheckedEvent | null): void {
    const { publish, now, log } = this.#options;
    if (this.#table.find(hold.token) === undefined) return;
    if (event !== null) {
      publish(event, ({ error }) => {
        if (error !== undefined) log.error({ err: error, key: hold.key }, 'an end was not stored');
      });
    }
    const next = this.#table.end(hold.token, now());
    this.#terms.delete(hold.token);
    this.#remember(hold.token);
    for (const { token } of next) this.#granted(token);
    try {
      this.#keep();
    } catch (error) {
      // The file tells of one too many: a daemon that starts waits for it in vain, once.
      log.error({ err: error }, 'what is held cannot be kept');
    }
  }

  #remember(token: string): void {
    this.#ended.add(token);
    const [oldest] = this.#ended;
    if (this.#ended.size > MAX_ENDED && oldest !== undefined) this.#ended.delete(oldest);
  }

  #willOf(token: string): CheckedEvent | null {
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
    writeJournal(this.#options.file, kept);
  }

  #described({ token, key, since, state }: Hold<Owner>): object {
    return { token, key, since, state, data: this.#terms.get(token)?.wanted.data ?? null };
  }
}

function bad(message: string): WaitbusError {
  return new WaitbusError('WAITBUS_BAD_REQUEST', message);
}
