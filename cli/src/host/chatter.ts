/**
 * What a source says for people: its log messages and the lines of its output go to the daemon's log
 * under its name, as long as they are few. What is beyond is left out, counted, and that is said.
 */
import type { ChildMessage } from '@waitbus/plugin-sdk';
import { forPeople } from './for-people.js';
import type { SupervisorLog } from './supervision.js';
import { TokenBucket } from './token-bucket.js';

type LogMessage = Extract<ChildMessage, { type: 'log' }>;

const BURST = 200;
const PER_SECOND = 20;
/** How often it is said that something is left out, at most. */
const SAY_EVERY_MS = 10_000;
const MAX_CHARACTERS = 4096;
/** Details of a larger message are left out. */
const MAX_DETAILS_BYTES = 16_384;

export interface ChatterOptions {
  readonly source: string;
  readonly log: SupervisorLog;
  readonly clock: () => number;
}

export class Chatter {
  readonly #options: ChatterOptions;
  readonly #bucket: TokenBucket;
  #leftOut = 0;
  #saidAt = -Infinity;

  constructor(options: ChatterOptions) {
    this.#options = options;
    this.#bucket = new TokenBucket({ clock: options.clock, perSecond: PER_SECOND, burst: BURST });
  }

  /** @param bytes the size of the message as it came */
  message({ level, message, details }: LogMessage, bytes: number): void {
    if (!this.#mayGo()) return;
    const { source, log } = this.#options;
    const kept = bytes > MAX_DETAILS_BYTES ? { leftOutBytes: bytes } : details;
    // In a member of their own: beside ours they could be the level, the time or the message.
    const own = Object.keys(kept).length === 0 ? {} : { details: kept };
    log[level]({ source, ...own }, forPeople(message, MAX_CHARACTERS));
  }

  line(line: string): void {
    if (!this.#mayGo()) return;
    const { source, log } = this.#options;
    log.info({ source, line: forPeople(line, MAX_CHARACTERS) }, 'output of a source');
  }

  /** Says what was left out since it was last said. */
  finish(): void {
    if (this.#leftOut === 0) return;
    const { source, log, clock } = this.#options;
    log.warn({ source, leftOut: this.#leftOut }, 'it says too much: some of it is left out');
    this.#leftOut = 0;
    this.#saidAt = clock();
  }

  #mayGo(): boolean {
    if (!this.#bucket.take()) {
      this.#leftOut += 1;
      return false;
    }
    if (this.#options.clock() - this.#saidAt >= SAY_EVERY_MS) this.finish();
    return true;
  }
}
