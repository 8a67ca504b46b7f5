/** What the frames of a stream say of the stream itself: replay, arming, sources that died. Pure. */
import { Arming } from './arming.js';
import type { SourceStateFrame, StreamFrame } from './stream.js';

export class StreamState {
  readonly #arming: Arming;
  readonly #dead = new Map<string, SourceStateFrame>();
  #replaying = true;

  constructor(sources: readonly string[]) {
    this.#arming = new Arming(sources);
  }

  /** Whether nothing can be missed any more. */
  get armed(): boolean {
    return this.#arming.armed;
  }

  /** What the log holds is still coming: it may answer where no source can any more. */
  get replaying(): boolean {
    return this.#replaying;
  }

  /** What was said of a source that failed or is quarantined; undefined for every other. */
  deathOf(source: string): SourceStateFrame | undefined {
    return this.#dead.get(source);
  }

  receive(frame: StreamFrame): void {
    this.#arming.receive(frame);
    if (frame.kind === 'subscribe_ack') this.#replaying = frame.caught_up_at !== null;
    if (frame.kind === 'caught_up') this.#replaying = false;
    if (frame.kind !== 'source_state') return;
    const { source, state } = frame;
    if (state === 'failed' || state === 'quarantined') this.#dead.set(source, frame);
    else this.#dead.delete(source);
  }
}
