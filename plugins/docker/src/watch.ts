/**
 * Follows the engine for as long as the source runs: reads its stream, and when that ends takes it up
 * again where it was, however long the engine is away.
 */
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SourceLog } from '@waitbus/plugin-sdk';
import { catchUp } from './catch-up.js';
import { describeEndpoint } from './endpoint.js';
import type { Engine, EngineApi } from './engine-api.js';
import { parseEngineEvent } from './engine-event.js';
import type { Feed } from './feed.js';
import type { Ledger } from './ledger.js';
import { LineSplitter } from './lines.js';
import type { Outbox } from './outbox.js';
import { pauseMs } from './pauses.js';

/** An event has the labels of its container; a line beyond this is none. */
const MOST_LINE_BYTES = 4 * 1024 * 1024;

export interface WatchOptions {
  readonly api: EngineApi;
  readonly ledger: Ledger;
  readonly feed: Feed;
  readonly outbox: Outbox;
  readonly log: SourceLog;
  readonly signal: AbortSignal;
  readonly describe: (detail: string) => void;
  readonly clock: () => number;
}

/** The stream, open. */
export interface Open {
  readonly engine: Engine;
  readonly stream: IncomingMessage;
}

export class Watch {
  readonly #options: WatchOptions;
  readonly #place: string;
  /** Streams in a row that ended without having told anything. */
  #failures = 0;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#place = describeEndpoint(options.api.endpoint);
  }

  /**
   * @param open what was opened before the source was ready
   * @param resumed whether there may be something to catch up with
   */
  async run(open: Open, resumed: boolean): Promise<void> {
    const { signal, outbox, log } = this.#options;
    let behind = resumed;
    let current = open;
    while (!signal.aborted) {
      this.#present(current.engine);
      const reason = await this.#follow(current, behind);
      behind = true;
      if (signal.aborted) return;
      if (outbox.isFull) {
        // The daemon is slower than the engine: memory is kept bounded, the engine's remembers.
        await outbox.drained();
      } else {
        log.warn(`the engine at ${this.#place} went away: ${reason}`);
      }
      const next = await this.#reopen();
      if (next === null) return;
      current = next;
    }
  }

  #present({ name }: Engine): void {
    this.#options.describe(`${name} at ${this.#place}`);
  }

  /** Resolves when the stream has ended, with the reason. */
  async #follow({ engine, stream }: Open, behind: boolean): Promise<string> {
    const { feed, outbox, log, signal } = this.#options;
    const ended = new AbortController();
    const stop = () => stream.destroy();
    signal.addEventListener('abort', stop, { once: true });
    const lines = new LineSplitter(MOST_LINE_BYTES, () =>
      log.warn(`the engine sent a line of over ${MOST_LINE_BYTES} bytes, which is left out`),
    );
    if (behind) void this.#catchUp(ended.signal);
    try {
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        for (const line of lines.push(chunk)) {
          const event = parseEngineEvent(line, engine.isPodman);
          if (event === null) continue;
          this.#failures = 0;
          feed.take(event);
        }
        if (outbox.isFull) return 'more events than the daemon takes';
      }
      return 'it closed the event stream';
    } catch (error) {
      return error instanceof SyntaxError
        ? `what it sends are no events (${error.message})`
        : messageOf(error);
    } finally {
      ended.abort();
      signal.removeEventListener('abort', stop);
      stream.destroy();
    }
  }

  async #catchUp(signal: AbortSignal): Promise<void> {
    const { api, ledger, feed, log } = this.#options;
    for (let failures = 1; !signal.aborted; failures += 1) {
      try {
        await catchUp({ api, ledger, feed, log, signal });
        return;
      } catch (error) {
        if (signal.aborted) return;
        log.warn(`the containers cannot be looked through: ${messageOf(error)}`);
        await sleep(pauseMs(failures), undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** Tries until it is there; null when the source is to stop. */
  async #reopen(): Promise<Open | null> {
    const { api, ledger, signal, log, describe, clock } = this.#options;
    const since = new Date(clock()).toISOString().replace(/\.\d+Z$/, 'Z');
    let told = '';
    while (!signal.aborted) {
      this.#failures += 1;
      await sleep(pauseMs(this.#failures), undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return null;
      try {
        const engine = await api.identify();
        const stream = await api.events(engine, ledger.since);
        log.info(`${engine.name} at ${this.#place} is back`);
        return { engine, stream };
      } catch (error) {
        const reason = messageOf(error);
        if (reason === told || signal.aborted) continue;
        told = reason;
        describe(`the engine at ${this.#place} is away since ${since}; trying (${reason})`);
        log.warn(reason);
      }
    }
    return null;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
