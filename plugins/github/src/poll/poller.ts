/**
 * Polls: each watch in rounds of its own, with pauses that follow what GitHub allows and how the last
 * round went. Whatever GitHub answers, the others and the next round go on.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { SourceContext } from '@waitbus/plugin-sdk';
import type { Api } from '../api/client.js';
import { backoff, paced } from '../api/pace.js';
import type { Standing } from '../standing.js';
import { explain, Setback } from './setback.js';

/** What is polled. */
export interface Watch {
  /** `owner/repo` */
  readonly repo: string;
  /** For people. */
  readonly what: string;
  readonly intervalMs: number;
  /** @throws Setback when GitHub gave no answer to it */
  round(): Promise<void>;
}

export interface PollerParts {
  readonly api: Api;
  readonly standing: Standing;
  readonly log: SourceContext['log'];
  readonly signal: AbortSignal;
  readonly random?: () => number;
}

/** What somebody has to mend is looked at again this often. */
const REFUSED_MS = 60_000;
/** Without a token GitHub allows 60 requests an hour. */
const GENTLE = 6;

export class Poller {
  readonly #parts: Required<PollerParts>;
  readonly #running = new Map<Watch, AbortController>();

  constructor(parts: PollerParts) {
    this.#parts = { random: Math.random, ...parts };
    parts.signal.addEventListener('abort', () => this.#stopAll(), { once: true });
  }

  /** Begins at once. */
  start(watch: Watch): void {
    if (this.#parts.signal.aborted) return;
    const ending = new AbortController();
    this.#running.set(watch, ending);
    this.#describe();
    void this.#rounds(watch, ending.signal);
  }

  stop(watch: Watch): void {
    this.#running.get(watch)?.abort();
    this.#running.delete(watch);
    this.#parts.standing.trouble(watch.what, '');
    this.#describe();
  }

  async #rounds(watch: Watch, signal: AbortSignal): Promise<void> {
    const { api, standing } = this.#parts;
    let failures = 0;
    while (!signal.aborted) {
      const spent = api.spent;
      let next: number;
      try {
        await watch.round();
        failures = 0;
        next = await this.#interval(watch, (api.spent - spent) * this.#running.size);
        if (!signal.aborted) standing.trouble(watch.what, '');
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        next = await this.#afterSetback(watch, error, failures);
      }
      this.#describe();
      await pause(next, undefined, { signal }).catch(() => undefined);
    }
  }

  async #interval(watch: Watch, spent: number): Promise<number> {
    const { api } = this.#parts;
    const gentle = (await api.token()) === null ? GENTLE : 1;
    return paced(watch.intervalMs * gentle, api.quota, spent);
  }

  async #afterSetback(watch: Watch, error: unknown, failures: number): Promise<number> {
    const { api, standing, log, random } = this.#parts;
    const token = await api.token();
    const trouble =
      error instanceof Setback
        ? error.trouble
        : ({
            kind: 'failed',
            reason: error instanceof Error ? error.message : String(error),
          } as const);
    const text = explain(trouble, watch.repo, token);
    // Said once, not with every round.
    if (standing.trouble(watch.what, text)) log.warn(text);
    if (trouble.kind === 'limited') {
      return Math.max(trouble.waitMs + random() * 1000, watch.intervalMs);
    }
    if (trouble.kind === 'refused') return Math.max(watch.intervalMs, REFUSED_MS);
    return backoff(watch.intervalMs, failures, random());
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
    for (const ending of this.#running.values()) ending.abort();
    this.#running.clear();
  }
}
