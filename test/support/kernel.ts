/** A kernel on real files and a real socket in a directory of its own, within the test's process. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  openKernel,
  type Kernel,
  type KernelLog,
  type KernelOptions,
} from '../../kernel/src/kernel.js';
import { WireClient } from './wire.js';

export const SILENT: KernelLog = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** A temporary directory that goes with its scope. */
export class Place implements Disposable {
  readonly directory = realpathSync(mkdtempSync(join(tmpdir(), 'waitbus-kernel-')));

  path(...parts: readonly string[]): string {
    return join(this.directory, ...parts);
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export class KernelBox implements Disposable {
  readonly place = new Place();
  readonly paths = {
    store: this.place.path('state', 'events.db'),
    socket: this.place.path('run', 'broadcast.sock'),
  };
  kernel: Kernel;
  readonly #options: Partial<KernelOptions>;
  readonly #clients = new Set<WireClient>();

  private constructor(options: Partial<KernelOptions>) {
    this.#options = options;
    this.kernel = this.open();
  }

  static async start(options: Partial<KernelOptions> = {}): Promise<KernelBox> {
    const box = new KernelBox(options);
    await box.kernel.listen();
    return box;
  }

  /** Opens a kernel on this box's paths; for a second one beside the first, or after its close. */
  open(): Kernel {
    return openKernel({ paths: this.paths, log: SILENT, ...this.#options });
  }

  async restart(): Promise<void> {
    this.kernel.close();
    this.kernel = this.open();
    await this.kernel.listen();
  }

  async connect(): Promise<WireClient> {
    const client = await WireClient.open(this.paths.socket);
    this.#clients.add(client);
    return client;
  }

  /** A client whose subscription has been acknowledged. */
  async subscribe(request: object = {}): Promise<WireClient> {
    const client = await this.connect();
    const ack = await client.request(request);
    if (ack['kind'] !== 'subscribe_ack')
      throw new Error(`not acknowledged: ${JSON.stringify(ack)}`);
    return client;
  }

  [Symbol.dispose](): void {
    for (const client of this.#clients) client.close();
    this.kernel.close();
    this.place[Symbol.dispose]();
  }
}

/** A minimal event from outside. */
export function event(members: object = {}): Record<string, unknown> {
  return { source: 'agent', event_type: 'agent_note', ...members };
}
