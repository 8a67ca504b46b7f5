/**
 * The emits of a source: checked, sent in order, at most so many at once, and settled by the host's
 * answers.
 */
import { ERRORS, WaitbusError, type ErrorCode, type SourceEvent } from '../envelope/index.js';
import type { EmitResult, SourceDefinition } from '../define-source.js';
import { MAX_IN_FLIGHT, type ChildMessage } from '../messages.js';
import { checkEvent } from './check-event.js';

export interface EmitterOptions {
  /** @throws when the message is too large, or holds what JSON cannot express */
  readonly send: (message: ChildMessage) => void;
  /** Called after each answer. */
  readonly onSettled: () => void;
}

export class Emitter {
  readonly #options: EmitterOptions;
  readonly #inFlight = new Map<
    number,
    { resolve: (result: EmitResult) => void; reject: (error: Error) => void }
  >();
  readonly #waitingForPlace: (() => void)[] = [];
  #nextId = 1;
  #places = MAX_IN_FLIGHT;

  constructor(options: EmitterOptions) {
    this.#options = options;
  }

  /** Whether every emit that was sent is answered. */
  get isIdle(): boolean {
    return this.#inFlight.size === 0;
  }

  async emit(definition: SourceDefinition, event: SourceEvent): Promise<EmitResult> {
    await checkEvent(definition, event);
    // At most so many wait for their commit; a further emit waits for a place.
    if (this.#places > 0) this.#places -= 1;
    else await new Promise<void>((resolve) => this.#waitingForPlace.push(resolve));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#inFlight.set(id, { resolve, reject });
      try {
        this.#options.send({ type: 'emit', id, event });
      } catch (error) {
        this.#settle(id)?.reject(error as Error);
      }
    });
  }

  emitted(id: number, result: EmitResult): void {
    this.#settle(id)?.resolve(result);
  }

  /** @param code the daemon's; one that this SDK does not know is that of an event that is refused */
  refused(id: number, code: string, reason: string): void {
    const known = Object.hasOwn(ERRORS, code) ? (code as ErrorCode) : 'WAITBUS_BAD_EVENT';
    this.#settle(id)?.reject(new WaitbusError(known, reason));
  }

  #settle(id: number) {
    const waiter = this.#inFlight.get(id);
    this.#inFlight.delete(id);
    // A place is handed on, not freed, while somebody waits: events keep their order.
    const next = this.#waitingForPlace.shift();
    if (next === undefined) this.#places += 1;
    else next();
    this.#options.onSettled();
    return waiter;
  }
}
