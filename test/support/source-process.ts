/**
 * One source in its real process, started by the host's own code with what this Node enforces, and
 * spoken to without the host: for tests of a source that look at every event, log line and failure.
 * Trust, deadlines and restarts are the host's and not here.
 */
import { join } from 'node:path';
import type { ChildMessage, HostMessage, SourceEvent, WaitNote } from '@waitbus/plugin-sdk';
import { loadMessage, forkWith, type SourceChild } from '../../cli/src/host/child.js';
import type { InstalledSource } from '../../cli/src/host/inventory.js';
import { REPO } from './sandbox.js';
import { Checks } from './checks.js';
import { Roll, type Listed } from './roll.js';

const RUNNER = join(REPO, 'cli', 'dist', 'bin', 'source-runner.js');

/** What was committed, over all processes of the source: each delivery_id once, as in the store. */
export class Committed {
  readonly events: SourceEvent[] = [];
  /** How many were there already. */
  repeats = 0;
  readonly #ids = new Set<string>();

  commit(event: SourceEvent): boolean {
    if (event.delivery_id !== undefined && this.#ids.has(event.delivery_id)) {
      this.repeats += 1;
      return false;
    }
    if (event.delivery_id !== undefined) this.#ids.add(event.delivery_id);
    this.events.push(event);
    return true;
  }
}

export interface SourceProcessOptions {
  readonly source: InstalledSource;
  readonly stateDir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly committed: Committed;
  readonly config: unknown;
  /** What the user granted it. Default: nothing. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Who waits on it when it starts. Default: nobody. */
  readonly waiters?: readonly Listed[];
}

export class SourceProcess {
  isReady = false;
  failure: { readonly message: string; readonly remedy: string | null } | null = null;
  /** While true no emit is acknowledged. */
  isHeld = false;
  /** Why emits are refused; null while they are taken. */
  refusal: string | null = null;
  readonly logged: string[] = [];
  /** What it said to its waiters, by their ids: the answers of its check, and notes besides. */
  readonly checked: { readonly id: number; readonly notes: readonly WaitNote[] }[] = [];
  readonly notes: { readonly id: number; readonly note: WaitNote }[] = [];
  readonly #roll = new Roll();
  /** How it said that it observes, one line each time. */
  readonly described: string[] = [];
  /** How it ended: `exit code 0`, or a signal. */
  readonly ended: Promise<string>;
  readonly #child: SourceChild;
  readonly #committed: Committed;
  readonly #checks = new Checks();
  #held: { readonly id: number; readonly event: SourceEvent }[] = [];

  constructor(options: SourceProcessOptions) {
    const { source, stateDir, env, committed } = options;
    this.#committed = committed;
    let exited: (how: string) => void = () => undefined;
    this.ended = new Promise((resolve) => (exited = resolve));
    const events = {
      onMessage: (message: unknown) => this.#receive(message as ChildMessage, options),
      onBroken: (reason: string) => this.logged.push(reason),
      onOutput: (line: string) => this.logged.push(line),
      onExit: (how: string) => {
        exited(how);
        this.#checks.changed();
      },
    };
    const fork = forkWith(RUNNER, { PATH: process.env['PATH'], ...env });
    this.#child = fork(source, stateDir, events);
    this.#child.send(loadMessage(source));
  }

  /** Resolves once this holds; asked again whenever the source says something or ends. */
  until(holds: () => boolean): Promise<void> {
    return this.#checks.until(holds);
  }

  /** @throws what the source failed with */
  async ready(): Promise<this> {
    await this.until(() => this.isReady || this.failure !== null);
    if (this.failure !== null) throw new Error(`${this.failure.message}\n${this.failure.remedy}`);
    return this;
  }

  /** How many emits are not acknowledged. */
  get held(): number {
    return this.#held.length;
  }

  /** Acknowledges what was held back, and holds nothing back any more. */
  release(): void {
    this.isHeld = false;
    const held = this.#held;
    this.#held = [];
    for (const { id, event } of held) this.#commit(id, event);
    this.#checks.changed();
  }

  /** Tells it who waits on it now. */
  tellWaiters(waiters: readonly Listed[]): void {
    this.#send(this.#roll.become(waiters));
  }

  stop(): Promise<string> {
    this.#child.stop();
    return this.ended;
  }

  /** kill -9 */
  kill(): Promise<string> {
    const { pid } = this.#child;
    try {
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
    } catch {
      // It ended before.
    }
    return this.ended;
  }

  #receive(message: ChildMessage, options: SourceProcessOptions): void {
    const { config, stateDir, secrets = {}, waiters = [] } = options;
    switch (message.type) {
      case 'done':
        if (message.step === 'load') this.#send({ type: 'configure', config, stateDir, secrets });
        if (message.step === 'configure') {
          this.tellWaiters(waiters);
          this.#send({ type: 'start' });
        }
        break;
      case 'ready':
        this.isReady = true;
        break;
      case 'emit':
        if (this.refusal !== null) this.#refuse(message.id, this.refusal);
        else if (this.isHeld) this.#held.push(message);
        else this.#commit(message.id, message.event);
        break;
      case 'checked':
        this.checked.push(message);
        break;
      case 'note':
        this.notes.push(message);
        break;
      case 'describe':
        this.described.push(message.detail);
        break;
      case 'log':
        this.logged.push(message.message);
        break;
      case 'failed':
        this.failure = message;
        break;
      default:
        break;
    }
    this.#checks.changed();
  }

  #commit(id: number, event: SourceEvent): void {
    const inserted = this.#committed.commit(event);
    this.#send({ type: 'emitted', id, event_id: '01K00000000000000000000000', inserted });
  }

  #refuse(id: number, message: string): void {
    this.#send({ type: 'refused', id, code: 'WAITBUS_STORE_FULL', message });
  }

  #send(message: HostMessage | { readonly type: 'configure'; readonly secrets: object }): void {
    this.#child.send(message as HostMessage);
  }
}
