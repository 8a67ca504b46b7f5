/**
 * Emits in order, in batches: enters each into the ledger, then emits, then takes the next. Holds
 * what the daemon has not taken yet and tells when that is too much.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { SourceContext, SourceEvent } from '@waitbus/plugin-sdk';
import type { Entry, Ledger } from './ledger.js';
import { pauseMs } from './pauses.js';

/** The host's own limit of events under way. */
const BATCH = 32;

/** Events that wait; past this the engine's stream is left, and taken up again when they are out. */
const MOST_WAITING = 20_000;

export interface OutboxOptions {
  readonly ctx: Pick<SourceContext, 'emit' | 'log' | 'signal'>;
  readonly ledger: Ledger;
  readonly clock: () => number;
  readonly mostWaiting?: number;
  /** The state cannot be written: going on would risk events. */
  readonly failed: (error: unknown) => void;
}

export class Outbox {
  readonly #options: OutboxOptions;
  #waiting: Entry[] = [];
  #turn: Promise<void> | null = null;
  /** Called with each event that is stored. */
  onEmitted: (event: SourceEvent) => void = () => undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  get isFull(): boolean {
    return this.#waiting.length >= (this.#options.mostWaiting ?? MOST_WAITING);
  }

  push(entry: Entry): void {
    this.#options.ledger.enter(entry);
    this.#waiting.push(entry);
    this.#turn ??= this.#pump().catch(this.#options.failed);
  }

  /** Resolves once nothing waits. */
  async drained(): Promise<void> {
    while (this.#turn !== null) await this.#turn;
  }

  async #pump(): Promise<void> {
    const { ledger, clock, ctx } = this.#options;
    try {
      while (this.#waiting.length > 0 && !ctx.signal.aborted) {
        const batch = this.#waiting.slice(0, BATCH);
        this.#waiting = this.#waiting.slice(BATCH);
        ledger.take(batch, clock());
        await this.#emitAll(batch);
        if (ctx.signal.aborted) return;
        ledger.committed();
      }
      if (!ctx.signal.aborted) ledger.save(clock());
    } finally {
      this.#turn = null;
    }
  }

  /** What the daemon cannot store now is emitted again until it is, or the source ends. */
  async #emitAll(batch: readonly Entry[]): Promise<void> {
    const { ctx } = this.#options;
    let left = batch;
    for (let failures = 1; ; failures += 1) {
      const stays = await Promise.all(left.map((entry) => this.#emit(entry)));
      left = left.filter((_, at) => stays[at] === true);
      if (left.length === 0 || ctx.signal.aborted) return;
      if (failures === 1) ctx.log.warn(`the daemon cannot store now: ${left.length} events wait`);
      await pause(pauseMs(failures), undefined, { signal: ctx.signal }).catch(() => undefined);
    }
  }

  /** @returns whether it is to be tried again */
  async #emit({ event }: Entry): Promise<boolean> {
    const { ctx } = this.#options;
    try {
      await ctx.emit(event);
      this.onEmitted(event);
      return false;
    } catch (error) {
      if (ctx.signal.aborted) return false;
      if (isOfStore(error)) return true;
      // The daemon refuses it: it would do so again.
      ctx.log.error(`${event.summary}: ${String(error)}`);
      return false;
    }
  }
}

/** A full or busy disk, which passes. Told by its code: the error is made outside this package. */
function isOfStore(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && code.startsWith('WAITBUS_STORE_');
}
