/**
 * What those interested want of a source: the roots that must be watched, counted by generation, and
 * who waits for what. Keeps it between runs, and tells changes to the run there is.
 */
import { stringifyJson } from '@waitbus/plugin-sdk/envelope';
import type { HostMessage, Waiter } from '@waitbus/plugin-sdk';

/** Of the waiters in one message, as JSON: a message of the channel has a limit. */
const MESSAGE_BYTES = 256 * 1024;

/** Of all of them. Who comes beyond is told as one that waits for anything. */
export const MAX_WAITERS_BYTES = 4 * 1024 * 1024;

interface Told {
  readonly waiter: Waiter;
  readonly bytes: number;
}

export class Demand {
  readonly #send: (message: HostMessage) => void;
  #roots: readonly string[] = [];
  #generation = 0;
  readonly #waiters = new Map<number, Told>();
  #bytes = 0;
  /** What the run there is has not been told of yet: many may come in one turn. */
  readonly #came = new Set<number>();
  readonly #left = new Set<number>();
  #asked = false;

  /** @param send says it to the run there is, if there is one */
  constructor(send: (message: HostMessage) => void) {
    this.#send = send;
  }

  /** Counts changes of the roots; the child answers with the generation it is armed for. */
  get generation(): number {
    return this.#generation;
  }

  setRoots(roots: readonly string[]): void {
    if (roots.join('\0') === this.#roots.join('\0')) return;
    this.#roots = roots;
    this.#generation += 1;
    this.#send(this.#rootsMessage());
  }

  addWaiter(waiter: Waiter): void {
    const told = this.#toldOf(waiter);
    this.#bytes += told.bytes;
    this.#waiters.set(waiter.id, told);
    this.#came.add(waiter.id);
    this.#ask();
  }

  removeWaiter(id: number): void {
    const told = this.#waiters.get(id);
    if (told === undefined) return;
    this.#bytes -= told.bytes;
    this.#waiters.delete(id);
    if (!this.#came.delete(id)) this.#left.add(id);
    this.#ask();
  }

  /** All of it, for a run that is about to start. */
  messages(): readonly HostMessage[] {
    this.#came.clear();
    this.#left.clear();
    return [this.#rootsMessage(), ...this.#waitersMessages([...this.#waiters.values()], [])];
  }

  /** After the roots: what a waiter asks for is looked at under them. */
  #ask(): void {
    if (this.#asked) return;
    this.#asked = true;
    setImmediate(() => {
      this.#asked = false;
      const came = [...this.#came].flatMap((id) => this.#waiters.get(id) ?? []);
      const left = [...this.#left];
      this.#came.clear();
      this.#left.clear();
      if (came.length + left.length === 0) return;
      for (const message of this.#waitersMessages(came, left)) this.#send(message);
    });
  }

  #toldOf(waiter: Waiter): Told {
    const bytes = Buffer.byteLength(stringifyJson(waiter));
    if (this.#bytes + bytes <= MAX_WAITERS_BYTES) return { waiter, bytes };
    return { waiter: { ...waiter, cwd: null, filters: [], anyOf: [[]], env: null }, bytes: 0 };
  }

  #waitersMessages(came: readonly Told[], left: readonly number[]): HostMessage[] {
    const parts: Waiter[][] = [[]];
    let size = 0;
    for (const { waiter, bytes } of came) {
      if (size > 0 && size + bytes > MESSAGE_BYTES) {
        parts.push([]);
        size = 0;
      }
      parts.at(-1)?.push(waiter);
      size += bytes;
    }
    return parts.map((part, at) => ({ type: 'waiters', came: part, left: at === 0 ? left : [] }));
  }

  #rootsMessage(): HostMessage {
    return { type: 'roots', generation: this.#generation, roots: this.#roots };
  }
}
