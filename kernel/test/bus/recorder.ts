/** A sink of the hub that keeps every frame it was handed, and falls behind as its script says. */
import assert from 'node:assert/strict';
import type { Sink } from '../../src/bus/subscription.js';
import { FrameDecoder, parseFrame } from '../../src/socket/frame.js';

interface Received {
  readonly kind: unknown;
  readonly event_id: string;
  readonly after: string;
  readonly floor: string;
}

/** A sink that says it is behind whenever its script says so, and must then be left alone. */
export class Recorder implements Sink {
  readonly frames: Received[] = [];
  failure: { readonly code: string } | null = null;
  behind = false;
  writes = 0;
  readonly #stalls: readonly boolean[];
  readonly #decoder = new FrameDecoder(1_000_000);

  constructor(stalls: readonly boolean[]) {
    this.#stalls = stalls;
  }

  write(bytes: Buffer): boolean {
    assert.equal(this.behind, false, 'written to while behind');
    for (const body of this.#decoder.push(bytes)) {
      this.frames.push(parseFrame(body) as unknown as Received);
    }
    this.behind = this.#stalls[this.writes % this.#stalls.length] === true;
    this.writes += 1;
    return !this.behind;
  }

  flush(): void {
    // Frames are recorded as they are written.
  }

  fail(error: { readonly code: string }): void {
    this.failure = error;
  }
}
