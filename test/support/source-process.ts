/**
 * One source in its real process, spoken to as the host does and without one: for tests of a source
 * that look at every event, log line and failure. Trust, deadlines and restarts are the host's and
 * not here.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ChildMessage, HostMessage, SourceEvent } from '@waitbus/plugin-sdk';
import { REPO } from './sandbox.js';

const RUNNER = join(REPO, 'cli', 'dist', 'bin', 'source-runner.js');

/** What was committed, over all processes of the source: each delivery_id once, as in the store. */
export class Committed {
  readonly events: SourceEvent[] = [];
  readonly #ids = new Set<string>();
  /** How many were there already. */
  repeats = 0;

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
  readonly name: string;
  readonly entry: string;
  readonly stateDir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly committed: Committed;
  readonly config?: unknown;
}

export class SourceProcess {
  isReady = false;
  failure: { readonly message: string; readonly remedy: string | null } | null = null;
  /** While true no emit is acknowledged. */
  isHeld = false;
  readonly logged: string[] = [];
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  readonly #child: ChildProcess;
  readonly #committed: Committed;
  readonly #checks = new Set<() => void>();
  #held: { readonly id: number; readonly event: SourceEvent }[] = [];

  constructor(options: SourceProcessOptions) {
    const { name, entry, stateDir, env, committed, config } = options;
    mkdirSync(stateDir, { recursive: true });
    this.#committed = committed;
    this.#child = fork(RUNNER, [], {
      cwd: stateDir,
      env: { PATH: process.env['PATH'], ...env },
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.ended = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => {
        resolve({ code, signal });
        this.#check();
      });
    });
    this.#child.on('message', (message) =>
      this.#receive(message as ChildMessage, config, stateDir),
    );
    this.#send({ type: 'load', source: name, entry });
  }

  /** Resolves once this holds; asked again whenever the source says something or ends. */
  until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (!holds()) return;
        this.#checks.delete(check);
        resolve();
      };
      this.#checks.add(check);
      check();
    });
  }

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
    this.#check();
  }

  stop(signal: NodeJS.Signals = 'SIGTERM'): SourceProcess['ended'] {
    this.#child.kill(signal);
    return this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('SIGKILL');
  }

  #receive(message: ChildMessage, config: unknown, stateDir: string): void {
    switch (message.type) {
      case 'done':
        if (message.step === 'load') this.#send({ type: 'configure', config, stateDir });
        if (message.step === 'configure') this.#send({ type: 'start' });
        break;
      case 'ready':
        this.isReady = true;
        break;
      case 'emit':
        if (this.isHeld) this.#held.push(message);
        else this.#commit(message.id, message.event);
        break;
      case 'log':
        this.logged.push(message.message);
        break;
      case 'failed':
        this.failure = message;
        break;
      case 'hello':
      case 'roots_ready':
        break;
    }
    this.#check();
  }

  #commit(id: number, event: SourceEvent): void {
    const inserted = this.#committed.commit(event);
    this.#send({ type: 'emitted', id, event_id: '01K00000000000000000000000', inserted });
  }

  #send(message: HostMessage): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  #check(): void {
    for (const check of [...this.#checks]) check();
  }
}
