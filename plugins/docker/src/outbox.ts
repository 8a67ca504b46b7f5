/**
 * Emits in order, in batches: enters each into the ledger, then emits, then takes the next. Holds
 * what the daemon has not taken yet and tells when that is too much.
 */
import type { SourceContext } from '@waitbus/plugin-sdk';
import type { Entry, Ledger } from './ledger.js';

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
        await Promise.all(batch.map((entry) => this.#emit(entry)));
        if (ctx.signal.aborted) return;
        ledger.committed();
      }
      if (!ctx.signal.aborted) ledger.save(clock());
    } finally {
      this.#turn = null;
    }
  }

  async #emit({ event }: Entry): Promise<void> {
    const { ctx } = this.#options;
    try {
      await ctx.emit(event);
    } catch (error) {
      // The daemon refuses it: it would do so again.
      if (!ctx.signal.aborted) ctx.log.error(`${event.summary}: ${String(error)}`);
    }
  }
}
