/** When a subscription can miss nothing any more: acknowledged, and every source of it running. Pure. */
import type { SourceStateFrame, StreamFrame } from './stream.js';

export class Arming {
  readonly #sources: readonly string[];
  readonly #running = new Set<string>();
  #acknowledged = false;

  constructor(sources: readonly string[]) {
    this.#sources = sources;
  }

  get armed(): boolean {
    return this.#acknowledged && this.#sources.every((source) => this.#running.has(source));
  }

  /** Takes every frame of the stream; those that do not matter here pass. */
  receive(frame: StreamFrame): void {
    if (frame.kind === 'subscribe_ack') this.#acknowledged = true;
    if (frame.kind === 'source_state') this.#sourceState(frame);
    if (frame.kind === 'disconnected') {
      // Its sources must be running again before it is armed again.
      this.#acknowledged = false;
      this.#running.clear();
    }
  }

  #sourceState({ source, state }: SourceStateFrame): void {
    if (state === 'running') this.#running.add(source);
    else this.#running.delete(source);
  }
}
