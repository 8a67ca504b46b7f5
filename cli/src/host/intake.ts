/**
 * What comes in from a source: its events are checked against its manifest, published under the name
 * of its pin, counted, and acknowledged, late when it emits more than it may.
 */
import type { HostMessage, SourceEvent } from '@waitbus/plugin-sdk';
import { asWaitbusError } from '@waitbus/plugin-sdk/envelope';
import { Allowance } from './allowance.js';
import type { SupervisorOptions } from './supervision.js';

type Send = (message: HostMessage) => void;

export class Intake {
  readonly #options: Pick<SupervisorOptions, 'source' | 'publish' | 'log'>;
  readonly #allowance = new Allowance({ clock: () => performance.now() });
  #slowed = false;
  #events = 0;

  constructor(options: Pick<SupervisorOptions, 'source' | 'publish' | 'log'>) {
    this.#options = options;
  }

  /** Events accepted from this source. */
  get events(): number {
    return this.#events;
  }

  /** The source's name comes from the pin, never from the child's word. */
  take(id: number, event: SourceEvent, send: Send): void {
    const { source, publish } = this.#options;
    const refuse = (error: unknown) => {
      const { code, message } = asWaitbusError(error);
      send({ type: 'refused', id, code, message });
    };
    if (!source.manifest.eventTypes.includes(event.event_type)) {
      refuse(new Error(`${event.event_type} is not among the eventTypes of its manifest`));
      return;
    }
    publish({ ...event, source: source.name }).then((result) => {
      this.#events += 1;
      this.#whenAllowed(() => send({ type: 'emitted', id, ...result }));
    }, refuse);
  }

  #whenAllowed(acknowledge: () => void): void {
    const wait = this.#allowance.take();
    if (wait === 0) {
      acknowledge();
      return;
    }
    setTimeout(acknowledge, wait);
    if (this.#slowed) return;
    this.#slowed = true;
    const { source, log } = this.#options;
    log.warn({ source: source.name }, 'it emits so many events that it is slowed down');
  }
}
