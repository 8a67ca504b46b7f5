/**
 * Polls: each watch in rounds of its own, with pauses that follow what GitHub allows and how the last
 * round went. Whatever GitHub answers, the others and the next round go on.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { SourceContext } from '@waitbus/plugin-sdk';
import type { Api } from '../api/client.js';
import { backoff, paced } from '../api/pace.js';
import type { Standing } from '../standing.js';
import { explain, oneLine, troubleOf, type Explained } from './setback.js';

/** What is polled. */
export interface Watch {
  /** `owner/repo` */
  readonly repo: string;
  /** For people. */
  readonly what: string;
  readonly intervalMs: number;
  /** @throws Setback when GitHub gave no answer to it */
  round(): Promise<void>;
  /** The pause after a round that went well, where it is another than the interval. */
  pauseMs?(isGentle: boolean): number | null;
  /**
   * A round could not be had.
   * @param canSoon whether it may be had within a moment
   */
  failed?(why: string, canSoon: boolean): void;
  /** The pause after a first failure grows from this. Default: the interval. */
  readonly retryMs?: number;
}

export interface PollerParts {
  readonly api: Pick<Api, 'knownToken' | 'limitedMs' | 'quota' | 'spent' | 'token'>;
  readonly standing: Standing;
  readonly log: SourceContext['log'];
  readonly signal: AbortSignal;
  readonly random?: () => number;
  /** Milliseconds of a clock that is never set. */
  readonly now?: () => number;
  /** What is wrong with one that is polled has changed. */
  readonly onTrouble?: () => void;
}

interface Running {
  readonly ending: AbortController;
  /** Ends the pause before the next round. */
  wake: () => void;
  /** When its last round began, in milliseconds. */
  roundAt: number;
  /** Until a round that was hastened may begin. */
  soon: NodeJS.Timeout | null;
  /** What is wrong with it; null: nothing. */
  trouble: Explained | null;
}

/** What somebody has to mend is looked at again this often. */
const REFUSED_MS = 60_000;
/** Whatever hastens a round, the next begins no sooner than this after it began. */
const FLOOR_MS = 2000;
/** Without a token GitHub allows 60 requests an hour. */
const GENTLE = 6;

export class Poller {
  readonly #parts: Required<PollerParts>;
  readonly #running = new Map<Watch, Running>();

  constructor(parts: PollerParts) {
    this.#parts = {
      random: Math.random,
      now: () => performance.now(),
      onTrouble: () => undefined,
      ...parts,
    };
    parts.signal.addEventListener('abort', () => this.#stopAll(), { once: true });
  }

  /** Begins after this time. */
  start(watch: Watch, afterMs = 0): void {
    if (this.#parts.signal.aborted) return;
    const running: Running = {
      ending: new AbortController(),
      wake: () => undefined,
      roundAt: -Infinity,
      soon: null,
      trouble: null,
    };
    this.#running.set(watch, running);
    this.#describe();
    void this.#rounds(watch, running, afterMs);
  }

  /** Its next round begins at once; one that is under way is followed by another. */
  wake(watch: Watch): void {
    this.#running.get(watch)?.wake();
  }

  /** Its next round begins soon, and once for all that hastened it. */
  hasten(watch: Watch): void {
    const running = this.#running.get(watch);
    if (running === undefined) return;
    const { api, now } = this.#parts;
    const ms = Math.max(0, running.roundAt + FLOOR_MS - now(), api.limitedMs);
    running.soon ??= setTimeout(() => {
      running.soon = null;
      running.wake();
    }, ms);
  }

  troubleOf(watch: Watch): Explained | null {
    return this.#running.get(watch)?.trouble ?? null;
  }

  stop(watch: Watch): void {
    const running = this.#running.get(watch);
    if (running !== undefined) end(running);
    this.#running.delete(watch);
    this.#parts.standing.trouble(watch.what, '');
    this.#describe();
  }

  async #rounds(watch: Watch, running: Running, afterMs: number): Promise<void> {
    const { api, standing } = this.#parts;
    const { signal } = running.ending;
    let failures = 0;
    if (afterMs > 0) await this.#pause(running, new Waking(running), afterMs);
    while (!signal.aborted) {
      const spent = api.spent;
      // What hastened it is part of this one.
      clearTimeout(running.soon ?? undefined);
      running.soon = null;
      running.roundAt = this.#parts.now();
      const waking = new Waking(running);
      let next: number;
      try {
        await watch.round();
        failures = 0;
        next = await this.#interval(watch, (api.spent - spent) * this.#running.size);
        if (signal.aborted) return;
        standing.trouble(watch.what, '');
        this.#become(running, null);
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        next = await this.#afterSetback(watch, running, error, failures);
      }
      this.#describe();
      await this.#pause(running, waking, next);
    }
  }

  async #pause({ ending: { signal } }: Running, waking: Waking, ms: number): Promise<void> {
    const either = AbortSignal.any([signal, waking.signal]);
    await pause(ms, undefined, { signal: either }).catch(() => undefined);
  }

  async #interval(watch: Watch, spent: number): Promise<number> {
    const { api } = this.#parts;
    const isGentle = (await api.token()) === null;
    const usual = watch.intervalMs * (isGentle ? GENTLE : 1);
    return paced(watch.pauseMs?.(isGentle) ?? usual, api.quota, spent);
  }

  async #afterSetback(
    watch: Watch,
    running: Running,
    error: unknown,
    failures: number,
  ): Promise<number> {
    const { api, standing, log, random } = this.#parts;
    const token = await api.token();
    const trouble = troubleOf(error);
    const explained = explain(trouble, watch.repo, token);
    const text = oneLine(explained);
    // Said once, not with every round.
    if (standing.trouble(watch.what, text)) log.warn(text);
    watch.failed?.(text, trouble.kind === 'failed');
    this.#become(running, explained);
    if (trouble.kind === 'limited') {
      return Math.max(trouble.waitMs + random() * 1000, watch.intervalMs);
    }
    if (trouble.kind === 'refused') return Math.max(watch.intervalMs, REFUSED_MS);
    return backoff(watch.retryMs ?? watch.intervalMs, failures, random());
  }

  #become(running: Running, trouble: Explained | null): void {
    const before = running.trouble;
    running.trouble = trouble;
    if (JSON.stringify(before) !== JSON.stringify(trouble)) this.#parts.onTrouble();
  }

  #describe(): void {
    const what = [...this.#running.keys()].map((watch) => watch.what);
    const token = this.#parts.api.knownToken;
    const how =
      token === undefined
        ? ''
        : token === null
          ? ' without a token'
          : ` with the token from ${token.from}`;
    this.#parts.standing.say('poll', what.length === 0 ? '' : `polls ${what.join(', ')}${how}`);
  }

  #stopAll(): void {
    for (const running of this.#running.values()) end(running);
    this.#running.clear();
  }
}

function end({ ending, soon }: Running): void {
  clearTimeout(soon ?? undefined);
  ending.abort();
}

/** Remembers between two looks that somebody asked for a round. */
class Waking {
  readonly #controller = new AbortController();

  constructor(running: Running) {
    running.wake = () => this.#controller.abort();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }
}
