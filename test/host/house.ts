/** A kernel on a socket with a host that has one source, named good, which clients wait on. */
import { join } from 'node:path';
import type { Waiter } from '@waitbus/plugin-sdk';
import { forkWith } from '../../cli/src/host/child.js';
import { SourceHost } from '../../cli/src/host/host.js';
import { Checks } from '../support/checks.js';
import { KernelBox, SILENT } from '../support/kernel.js';
import type { WireClient } from '../support/wire.js';
import { HASTY, RUNNER, sourceOf } from './broken-sources.js';

export class House implements AsyncDisposable {
  /** Every list that the source was given, in order. */
  readonly told: (readonly Waiter[])[] = [];
  readonly #box: KernelBox;
  readonly #entry: string;
  readonly #host: SourceHost;
  readonly #checks = new Checks();
  #exited: Promise<void> = Promise.resolve();

  private constructor(box: KernelBox, entry: string) {
    this.#box = box;
    this.#entry = entry;
    const fork = forkWith(RUNNER, { PATH: process.env['PATH'] });
    this.#host = new SourceHost({
      inventory: { sources: new Map([['good', sourceOf(entry)]]), problems: [] },
      fork: (source, stateDir, events) => {
        let exited: () => void = () => undefined;
        this.#exited = new Promise((resolve) => (exited = resolve));
        const onExit = (how: string) => {
          exited();
          events.onExit(how);
        };
        return fork(source, stateDir, { ...events, onExit });
      },
      stateDir: join(box.place.directory, 'sources'),
      config: {},
      publish: (events) => {
        for (const event of events) this.told.push((event as { payload: Waiter[] }).payload);
        this.#checks.changed();
        return box.kernel.publish(events);
      },
      log: SILENT,
      patience: HASTY,
    });
    box.kernel.onInterest(this.#host);
  }

  /** @param entry a fixture that is named good */
  static async open(entry: string): Promise<House> {
    return new House(await KernelBox.start(), entry);
  }

  /** The host looks at what is installed, and finds the same. */
  update(): void {
    this.#host.update({ sources: new Map([['good', sourceOf(this.#entry)]]), problems: [] });
  }

  get socket(): string {
    return this.#box.paths.socket;
  }

  /** Emits so many events under the source's name. */
  async emit(count: number, fields: object): Promise<void> {
    const event = { source: 'good', event_type: 'declared', fields };
    await this.#box.kernel.publish(Array.from({ length: count }, () => event));
  }

  wait(request: object): Promise<WireClient> {
    return this.#box.subscribe({ op: 'subscribe', sources: ['good'], ...request });
  }

  /** Resolves once the source was told a list of so many. */
  async list(length: number): Promise<readonly Waiter[]> {
    await this.#checks.until(() => this.told.at(-1)?.length === length);
    return this.told.at(-1) ?? [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#host.stop();
    await this.#exited;
    this.#box[Symbol.dispose]();
  }
}
