/**
 * Exits whose verdict takes more than the one event: the code has to be asked for, or the engine tells
 * only afterwards that somebody stopped the container. Until then what the container does next waits
 * behind its exit, and the ledger keeps the place in the stream.
 */
import type { EngineEvent } from './engine-event.js';
import type { ExitCodes } from './exit-codes.js';
import type { Ledger } from './ledger.js';
import type { Runs, Seen } from './runs.js';

/** An engine that tells of a stop has done so when the container was quiet for so long. */
const QUIET_MS = 1000;

/** Podman cleans up once after an exit, and once more for whoever stopped the container. */
const CLEANUPS_OF_STOP = 2;

/** 128 and SIGINT, SIGQUIT, SIGTERM: not SIGKILL, by which memory runs out as well. */
const CODES_OF_STOP: readonly unknown[] = [130, 131, 143];

/** Calls back after so many milliseconds, unless what it returns is called before. */
export type Later = (milliseconds: number, then: () => void) => () => void;

export interface VerdictsOptions {
  readonly runs: Runs;
  readonly codes: Pick<ExitCodes, 'learn' | 'checked' | 'isDoubtful' | 'of'>;
  readonly ledger: Pick<Ledger, 'keep'>;
  readonly tell: (seen: Seen) => void;
  readonly later?: Later | undefined;
}

/** One exit. */
interface Pending {
  /** What came of the container while its code was asked for. */
  readonly queue: { readonly event: EngineEvent; readonly isTold: boolean }[];
  /** Null while its code is asked for. */
  exit: Seen | null;
  cleanups: number;
  cancel: () => void;
  readonly done: Promise<void>;
  readonly resolve: () => void;
}

export class Verdicts {
  readonly #options: VerdictsOptions;
  readonly #later: Later;
  readonly #pending = new Map<string, Pending>();

  constructor(options: VerdictsOptions) {
    this.#options = options;
    this.#later = options.later ?? inTime;
  }

  /** @param isTold it only leads to what follows: it was told before */
  take(event: EngineEvent, isTold: boolean): void {
    const pending = this.#pending.get(event.container);
    if (pending === undefined) this.#observe(event, isTold);
    else if (pending.exit === null) pending.queue.push({ event, isTold });
    else this.#follow(pending, pending.exit, event, isTold);
  }

  isPending(container: string): boolean {
    return this.#pending.has(container);
  }

  /** Resolves once every exit that is pending now has its verdict. */
  async settled(): Promise<void> {
    await Promise.all([...this.#pending.values()].map(({ done }) => done));
  }

  #observe(heard: EngineEvent, isTold: boolean): void {
    const { runs, codes, tell } = this.#options;
    codes.learn(heard);
    const event = codes.checked(heard);
    if (event.action === 'die' && !isTold) {
      this.#exit(event);
      return;
    }
    const seen = runs.observe(event);
    if (seen !== null && !isTold) tell(seen);
  }

  #exit(event: EngineEvent): void {
    if (!this.#options.codes.isDoubtful(event)) {
      this.#judge(event, null);
      return;
    }
    const pending = this.#begin(event);
    const judge = (exitCode: number | null) => this.#judge({ ...event, exitCode }, pending);
    void this.#options.codes.of(event).then(judge, () => judge(null));
  }

  #judge(event: EngineEvent, begun: Pending | null): void {
    const seen = this.#options.runs.observe(event);
    if (seen === null) return;
    if (seen.isOpen !== true) {
      this.#end(seen, begun);
      return;
    }
    const pending = begun ?? this.#begin(event);
    pending.exit = seen;
    this.#wait(pending, seen);
    this.#drain(seen.container, pending);
  }

  /** What a container that has ended does next may say why it ended. */
  #follow(pending: Pending, exit: Seen, event: EngineEvent, isTold: boolean): void {
    const asked = { ...exit, conclusion: 'cancelled' } as const;
    if (!isTold) {
      switch (event.action) {
        case 'stop':
          this.#end(asked, pending);
          break;
        case 'oom':
          this.#end({ ...exit, oomKilled: true }, pending);
          break;
        case 'cleanup':
          pending.cleanups += 1;
          if (pending.cleanups === CLEANUPS_OF_STOP) {
            this.#end({ ...asked, impliesStop: true }, pending);
          } else {
            this.#wait(pending, exit);
          }
          break;
        case 'remove':
          // Who stops a container of --rm leaves no other trace than the signal's code.
          this.#end(CODES_OF_STOP.includes(exit.exitCode) ? asked : exit, pending);
          break;
        case 'start':
        case 'restart':
        case 'die':
          this.#end(exit, pending);
          break;
        default:
          break;
      }
    }
    this.#observe(event, isTold);
  }

  #begin({ container, time }: EngineEvent): Pending {
    let resolve = () => {};
    const done = new Promise<void>((settle) => (resolve = settle));
    const pending = { queue: [], exit: null, cleanups: 0, cancel: () => {}, done, resolve };
    this.#pending.set(container, pending);
    this.#options.ledger.keep(container, time);
    return pending;
  }

  #wait(pending: Pending, exit: Seen): void {
    pending.cancel();
    pending.cancel = this.#later(QUIET_MS, () => this.#end(exit, pending));
  }

  #end(exit: Seen, pending: Pending | null): void {
    const { tell } = this.#options;
    pending?.cancel();
    tell(exit);
    if (exit.impliesStop === true) {
      const { container, attributes, time, raw } = exit;
      tell({ container, attributes, time, raw, action: 'stop', status: 'stopped' });
    }
    if (pending === null) return;
    this.#pending.delete(exit.container);
    this.#drain(exit.container, pending);
    pending.resolve();
  }

  /** What waited takes its turn; should that be another exit, what is left waits behind it. */
  #drain(container: string, { queue }: Pending): void {
    for (const { event, isTold } of queue.splice(0)) this.take({ ...event, container }, isTold);
  }
}

function inTime(milliseconds: number, then: () => void): () => void {
  const timer = setTimeout(then, milliseconds);
  return () => clearTimeout(timer);
}
