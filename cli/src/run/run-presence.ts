/**
 * The presence of `waitbus run` on the bus. The command comes first: what the bus cannot take in time
 * is spooled, and nothing here throws.
 */
import type { Envelope, WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { attach, type Attachment } from '../client/attach.js';
import { emit } from '../client/emit.js';
import { pathsOf, type ReachOptions } from '../client/reach.js';
import { spoolEvents } from '../spool/spool.js';
import { asPlainError } from '../system-error.js';
import { within } from './within.js';

/** How long a command waits for the bus before it starts: a daemon may have to be started. */
const START_PATIENCE_MS = 5000;
/** How long its end waits for a daemon that does not answer. */
const PATIENCE_MS = 2000;

export interface RunPresenceOptions extends ReachOptions {
  readonly name: string;
  readonly will: Envelope;
  /** Tells, once, why the bus is out of reach, and what becomes of the events. */
  readonly onTrouble: (what: string) => void;
}

export class RunPresence {
  readonly #options: RunPresenceOptions;
  #attachment: Attachment | null = null;
  #will: Envelope;
  #over = false;
  #troubled = false;

  constructor(options: RunPresenceOptions) {
    this.#options = options;
    this.#will = options.will;
  }

  /** Resolves once attached, or when the command should wait no longer. */
  async begin(): Promise<void> {
    const { name, will } = this.#options;
    const attaching = attach(name, will, this.#options).then(
      async (attachment) => {
        if (this.#over) await attachment.detach();
        else if (this.#will !== will) await attachment.update(this.#will).catch(() => undefined);
        this.#attachment = attachment;
      },
      (error: unknown) => this.#outOfReach(asPlainError(error)),
    );
    const patient = await within(
      START_PATIENCE_MS,
      attaching.then(() => true),
    );
    if (patient === null) this.#trouble(spooled('the daemon does not answer'));
  }

  /** The command runs. */
  async started(event: Envelope, will: Envelope): Promise<void> {
    this.#will = will;
    const told = this.#attachment?.update(will, event).then(() => true);
    if ((await within(PATIENCE_MS, told ?? Promise.resolve(false))) !== true)
      await this.#tell(event);
  }

  /** The command has ended; resolves once that is stored, or in the spool. */
  async ended(event: Envelope): Promise<void> {
    this.#over = true;
    const told = this.#attachment?.detach(event) ?? Promise.resolve(false);
    if ((await within(PATIENCE_MS, told)) !== true) await this.#tell(event);
  }

  /** The command was never run. */
  async leave(): Promise<void> {
    this.#over = true;
    await within(PATIENCE_MS, this.#attachment?.detach() ?? Promise.resolve(false));
  }

  /** Told twice, it counts once: events of a run have delivery ids. */
  async #tell(event: Envelope): Promise<void> {
    try {
      const receipt = await within(PATIENCE_MS, emit(event, this.#options));
      if (receipt === null) spoolEvents(pathsOf(this.#options).spool, [event], Date.now());
      else if (receipt.reason !== undefined) this.#trouble(spooled(receipt.reason));
    } catch (error) {
      this.#trouble(`${asPlainError(error).message}; its events are lost`);
    }
  }

  /** Without a place for a spool either, the first event tells so. */
  #outOfReach({ code, message }: WaitbusError): void {
    if (code !== 'WAITBUS_BAD_DIRECTORY') this.#trouble(spooled(message));
  }

  #trouble(what: string): void {
    if (this.#troubled) return;
    this.#troubled = true;
    this.#options.onTrouble(what);
  }
}

function spooled(reason: string): string {
  return `${reason}; events are spooled`;
}
