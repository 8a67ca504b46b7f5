/**
 * Events on their way to the host, in order. Keeps a bounded number in flight, and tells the
 * observer when too many wait.
 */
import type { EmitResult, SourceEvent } from '@waitbus/plugin-sdk';

const IN_FLIGHT = 128;
/** Events that wait; beyond the first number the observer pauses, until they are down to the other. */
const MANY = 10_000;
const FEW = 1000;

export class Outbox {
  readonly #emit: (event: SourceEvent) => Promise<EmitResult>;
  readonly #refused: (event: SourceEvent, error: unknown) => void;
  readonly #room: () => void;
  #waiting: SourceEvent[] = [];
  #next = 0;
  #inFlight = 0;
  #full = false;

  constructor(
    emit: (event: SourceEvent) => Promise<EmitResult>,
    refused: (event: SourceEvent, error: unknown) => void,
    room: () => void,
  ) {
    this.#emit = emit;
    this.#refused = refused;
    this.#room = room;
  }

  get hasRoom(): boolean {
    return !this.#full;
  }

  push(event: SourceEvent): void {
    this.#waiting.push(event);
    if (this.#waiting.length - this.#next > MANY) this.#full = true;
    this.#send();
  }

  #send(): void {
    while (this.#inFlight < IN_FLIGHT && this.#next < this.#waiting.length) {
      const event = this.#waiting[this.#next++] as SourceEvent;
      this.#inFlight += 1;
      this.#emit(event)
        .catch((error: unknown) => this.#refused(event, error))
        .finally(() => {
          this.#inFlight -= 1;
          this.#send();
        });
    }
    if (this.#next === this.#waiting.length || this.#next > 10_000) {
      this.#waiting = this.#waiting.slice(this.#next);
      this.#next = 0;
    }
    if (this.#full && this.#waiting.length - this.#next < FEW) {
      this.#full = false;
      this.#room();
    }
  }
}
