/**
 * What comes in from a source: its events are checked against its manifest, published under the name
 * of its pin, counted, and answered, late when it emits more than it may.
 */
import type { HostMessage, SourceEvent } from '@waitbus/plugin-sdk';
import { asWaitbusError, WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { Allowance } from './allowance.js';
import type { InstalledSource } from './inventory.js';
import type { SupervisorOptions } from './supervision.js';

type Answer = (message: HostMessage) => void;

/** A larger event counts as several. */
const USUAL_BYTES = 1024;

export class Intake {
  readonly #options: Pick<SupervisorOptions, 'publish' | 'log'>;
  readonly #allowance = new Allowance({ clock: () => performance.now() });
  #warned = false;
  #events = 0;
  #lastEvent: Date | null = null;

  constructor(options: Pick<SupervisorOptions, 'publish' | 'log'>) {
    this.#options = options;
  }

  /** Events accepted from this source. */
  get events(): number {
    return this.#events;
  }

  /** When the last of them was accepted. */
  get lastEvent(): Date | null {
    return this.#lastEvent;
  }

  /** Whether its answers are held back. */
  get slowed(): boolean {
    return this.#allowance.spent;
  }

  /**
   * The source's name comes from the pin, never from the child's word.
   * @param bytes the size of the event as it came
   * @param answer called once
   */
  take(
    source: InstalledSource,
    { id, event, bytes }: { id: number; event: SourceEvent; bytes: number },
    answer: Answer,
  ): void {
    const pacedAnswer = (message: HostMessage) => {
      const wait = this.#allowance.take(Math.max(1, bytes / USUAL_BYTES));
      if (wait === 0) {
        answer(message);
        return;
      }
      this.#warn(source);
      setTimeout(() => answer(message), wait);
    };
    const refuse = (error: unknown) => {
      const { code, message } = asWaitbusError(error);
      pacedAnswer({ type: 'refused', id, code, message });
    };
    if (!source.manifest.eventTypes.includes(event.event_type)) {
      const reason = `${event.event_type} is not among the eventTypes of its manifest`;
      refuse(new WaitbusError('WAITBUS_BAD_EVENT', reason));
      return;
    }
    this.#options.publish({ ...event, source: source.name }).then((result) => {
      this.#events += 1;
      this.#lastEvent = new Date();
      pacedAnswer({ type: 'emitted', id, ...result });
    }, refuse);
  }

  #warn(source: InstalledSource): void {
    if (this.#warned) return;
    this.#warned = true;
    this.#options.log.warn({ source: source.name }, SLOWED);
  }
}

/** Said once in the log, and in `status` while it is so. */
export const SLOWED = 'it emits so many events that it is slowed down';
