/**
 * Keeps the time of the watchdogs, stores the events of their changes, and remembers over a restart
 * which are alive and which absent. What a change is, `watchdog.ts` says.
 */
import type { Json, SourceContext } from '@waitbus/plugin-sdk';
import type { Stored } from './alerts.js';
import type { Notification } from './notification.js';
import type { Turns } from './turns.js';
import { alive, ended, EXPECTED, missed, silent, type Change, type Watchdog } from './watchdog.js';

export interface WatchdogsOptions {
  readonly timeoutMs: number;
  /** Whether one is expected before any was seen. */
  readonly expected: boolean;
  readonly turns: Turns;
}

/** Alerts that are sent here by mistake are not to fill the state. */
const MOST = 256;
const RETRY_MS = 5000;
const STATE = 'watchdogs';

export class TooMany extends Error {}

export class Watchdogs {
  readonly #ctx: Pick<SourceContext, 'emit' | 'state' | 'log' | 'signal'>;
  readonly #options: WatchdogsOptions;
  readonly #known: Map<string, Watchdog>;
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #changed: () => void = () => undefined;

  constructor(
    ctx: Pick<SourceContext, 'emit' | 'state' | 'log' | 'signal'>,
    options: WatchdogsOptions,
  ) {
    this.#ctx = ctx;
    this.#options = options;
    const stored = (ctx.state.get(STATE) ?? {}) as unknown as Record<string, Watchdog>;
    this.#known = new Map(Object.entries(stored));
  }

  /**
   * Each has the whole timeout from now on: nobody listened before.
   * @param changed called when `summary` may be another
   */
  start(now: string, changed: () => void): void {
    this.#changed = changed;
    this.#ctx.signal.addEventListener('abort', () => this.#stop(), { once: true });
    const isSeen = [...this.#known.keys()].some((key) => key !== EXPECTED);
    if (this.#options.expected && !isSeen) {
      const expected = { about: {}, since: now, absence: null };
      this.#known.set(EXPECTED, this.#known.get(EXPECTED) ?? expected);
      this.#save();
    } else if (this.#known.delete(EXPECTED)) {
      this.#save();
    }
    for (const [key, { absence, isUntold }] of this.#known) {
      if (absence === null) this.#restart(key);
      else if (isUntold === true) this.#restart(key, 0);
    }
  }

  /**
   * Takes a notification of watchdogs; one call at a time.
   * @throws TooMany; whatever kept an event from being stored
   */
  async take({ alerts, group }: Notification, now: string): Promise<Stored> {
    let stored = 0;
    for (const alert of alerts) {
      const { fingerprint: key, status } = alert;
      for (const one of [EXPECTED, key]) await this.#tell(one);
      const before = this.#known.get(key);
      if (before === undefined) this.#makeRoom();
      const sign = { alert, group, now };
      if (status === 'resolved') {
        stored += await this.#become(key, ended(before, sign));
      } else {
        // Whatever becomes of the event: it lives.
        this.#restart(key);
        const absence = (before ?? this.#known.get(EXPECTED))?.absence ?? null;
        stored += await this.#become(key, alive(before, absence, sign));
      }
      if (this.#known.delete(EXPECTED)) this.#cancel(EXPECTED);
    }
    this.#save();
    return { stored, repeated: alerts.length - stored };
  }

  /** Such as `2 alive, 1 absent`. */
  get summary(): string {
    const all = [...this.#known].filter(([key]) => key !== EXPECTED);
    const absent = all.filter(([, { absence }]) => absence !== null).length;
    if (all.length > 0) return `${all.length - absent} alive, ${absent} absent`;
    const expected = this.#known.get(EXPECTED);
    if (expected === undefined) return 'none seen';
    return expected.absence === null ? 'none seen yet' : 'expected and absent';
  }

  /** @returns how many events were stored that were not there before */
  async #become(key: string, { watchdog, event }: Change): Promise<number> {
    const { inserted } = event === null ? { inserted: false } : await this.#ctx.emit(event);
    this.#known.delete(key);
    this.#known.set(key, watchdog);
    if (watchdog.absence !== null) this.#cancel(key);
    return inserted ? 1 : 0;
  }

  #restart(key: string, milliseconds = this.#options.timeoutMs): void {
    this.#cancel(key);
    if (this.#ctx.signal.aborted) return;
    const timer = setTimeout(
      () => void this.#options.turns.take(() => this.#expire(key, timer)),
      milliseconds,
    );
    this.#timers.set(key, timer);
  }

  async #expire(key: string, timer: NodeJS.Timeout): Promise<void> {
    const watchdog = this.#known.get(key);
    // A sign of life that came before its turn has set another timer.
    if (watchdog === undefined || this.#timers.get(key) !== timer) return;
    try {
      if (watchdog.absence === null) this.#known.set(key, missed(watchdog));
      await this.#tell(key);
      this.#cancel(key);
    } catch (error) {
      if (this.#ctx.signal.aborted) return;
      this.#ctx.log.error(`that a watchdog is absent could not be stored: ${String(error)}`);
      this.#restart(key, RETRY_MS);
    }
  }

  /** Stores that it is absent, if that is not known to be. */
  async #tell(key: string): Promise<void> {
    const watchdog = this.#known.get(key);
    if (watchdog?.isUntold !== true) return;
    this.#save();
    await this.#ctx.emit(silent(key, watchdog, this.#options.timeoutMs));
    this.#known.set(key, { ...watchdog, isUntold: false });
    this.#save();
  }

  /** Forgets the one that is absent for longest. */
  #makeRoom(): void {
    if (this.#known.size < MOST) return;
    const absent = [...this.#known].find(([, { absence }]) => absence !== null);
    if (absent === undefined) {
      throw new TooMany(`there are ${MOST} watchdogs; send only dead man's switches here`);
    }
    this.#known.delete(absent[0]);
  }

  #save(): void {
    this.#changed();
    this.#ctx.state.set(STATE, Object.fromEntries(this.#known) as unknown as Json);
  }

  #cancel(key: string): void {
    clearTimeout(this.#timers.get(key));
    this.#timers.delete(key);
  }

  #stop(): void {
    for (const key of [...this.#timers.keys()]) this.#cancel(key);
  }
}
