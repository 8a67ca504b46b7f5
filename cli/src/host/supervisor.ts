/**
 * One source's life: started while somebody is interested, led through its steps with a deadline
 * each, restarted with growing pauses and given up after five failures in a row. Tells listeners
 * every change; what they do with it is theirs.
 */
import {
  MESSAGES_VERSION,
  type ChildMessage,
  type SourceEvent,
  type Step,
} from '@waitbus/plugin-sdk';
import { asWaitbusError } from '@waitbus/plugin-sdk/envelope';
import type { EmitResult, SourceState } from '@waitbus/kernel';
import { backoff } from './backoff.js';
import { entryPath, type ForkSource, type SourceChild } from './child.js';
import type { InstalledSource } from './inventory.js';

export interface SupervisorLog {
  debug(details: object, message: string): void;
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

export interface SupervisorOptions {
  readonly source: InstalledSource;
  readonly fork: ForkSource;
  readonly stateDir: string;
  /** The source's own section of the configuration; checked in the child. */
  readonly config: unknown;
  readonly publish: (event: SourceEvent & { source: string }) => Promise<EmitResult>;
  readonly log: SupervisorLog;
  /** Milliseconds that a source runs on after the last interest. */
  readonly lingerMs: number;
}

export interface SourceCondition {
  readonly state: SourceState;
  readonly detail: string;
  readonly remedy: string;
}

/** A step that takes longer than this has failed, in milliseconds. */
const DEADLINES_MS: Readonly<Record<Step | 'ready', number>> = {
  load: 10_000,
  configure: 10_000,
  start: 30_000,
  ready: 60_000,
};
/** A source that ran this long before it failed starts a new row of failures. */
const STABLE_MS = 60_000;

const GIVEN_UP = 'The daemon log tells why; waitbus stop and the next command start it afresh.';

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #listeners = new Set<() => void>();
  #condition: SourceCondition = { state: 'stopped', detail: '', remedy: '' };
  #child: SourceChild | null = null;
  #failure: { message: string; remedy: string | null } | null = null;
  #failures = 0;
  #runningSince: number | null = null;
  #deadline: NodeJS.Timeout | null = null;
  #restart: NodeJS.Timeout | null = null;
  #linger: NodeJS.Timeout | null = null;
  #roots: readonly string[] = [];
  /** Counts changes of the roots; the child answers with the generation it is armed for. */
  #generation = 0;
  #armedGeneration = -1;
  #stopping = false;
  #events = 0;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  get condition(): SourceCondition {
    return this.#condition;
  }

  get generation(): number {
    return this.#generation;
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** Events accepted from this source since the daemon started. */
  get eventCount(): number {
    return this.#events;
  }

  /** Whether nothing can be missed any more by those interested up to a generation. */
  armed(generation: number): boolean {
    if (this.#condition.state !== 'running') return false;
    return this.#options.source.manifest.scope === undefined || this.#armedGeneration >= generation;
  }

  /** Calls back on every change, of state or of what is armed, until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Somebody is interested: runs with these roots. */
  want(roots: readonly string[]): void {
    if (this.#linger !== null) clearTimeout(this.#linger);
    this.#linger = null;
    this.#setRoots(roots);
    if (this.#condition.state === 'stopped') this.#start();
  }

  /** Nobody is interested any more: stops after the linger time. */
  unwant(): void {
    this.#linger ??= setTimeout(() => this.stop(), this.#options.lingerMs);
  }

  stop(): void {
    this.#clearTimers();
    this.#stopping = this.#child !== null;
    this.#child?.stop();
    if (this.#condition.state !== 'failed') this.#become('stopped');
  }

  #setRoots(roots: readonly string[]): void {
    if (roots.join('\0') === this.#roots.join('\0')) return;
    this.#roots = roots;
    this.#generation += 1;
    this.#child?.send({ type: 'roots', generation: this.#generation, roots });
  }

  #start(): void {
    const { source, fork, stateDir, log } = this.#options;
    this.#become('starting');
    this.#failure = null;
    this.#stopping = false;
    this.#armedGeneration = -1;
    log.info({ source: source.name, package: source.packageName }, 'starting a source');
    const child = fork(source, stateDir, {
      onMessage: (message) => {
        if (this.#child === child) this.#receive(message);
      },
      onOutput: (line) => log.info({ source: source.name, line }, 'output of a source'),
      onExit: (how) => {
        if (this.#child === child) this.#exited(how);
      },
    });
    this.#child = child;
    this.#expect('load');
    child.send({ type: 'load', source: source.name, entry: entryPath(source) });
  }

  #receive(message: ChildMessage): void {
    switch (message.type) {
      case 'hello':
        if (message.version !== MESSAGES_VERSION) {
          this.#kill(`its runner speaks version ${message.version}, not ${MESSAGES_VERSION}`);
        }
        break;
      case 'done':
        this.#stepDone(message.step);
        break;
      case 'ready':
        this.#clearDeadline();
        this.#runningSince = performance.now();
        this.#become('running');
        break;
      case 'roots_ready':
        this.#armedGeneration = message.generation;
        this.#notify();
        break;
      case 'emit':
        this.#publish(message.id, message.event);
        break;
      case 'log':
        this.#options.log[message.level](
          { source: this.#options.source.name, ...message.details },
          message.message,
        );
        break;
      case 'failed':
        this.#failure = message;
        break;
    }
  }

  #stepDone(step: Step): void {
    const { config, stateDir } = this.#options;
    switch (step) {
      case 'load':
        this.#expect('configure');
        this.#child?.send({ type: 'configure', config, stateDir });
        break;
      case 'configure':
        this.#expect('start');
        this.#child?.send({ type: 'roots', generation: this.#generation, roots: this.#roots });
        this.#child?.send({ type: 'start' });
        break;
      case 'start':
        if (this.#condition.state !== 'running') this.#expect('ready');
        break;
    }
  }

  /** The source's name comes from the pin, never from the child's word. */
  #publish(id: number, event: SourceEvent): void {
    const { source, publish } = this.#options;
    const child = this.#child;
    const refuse = (error: unknown) => {
      const { code, message } = asWaitbusError(error);
      child?.send({ type: 'refused', id, code, message });
    };
    if (!source.manifest.eventTypes.includes(event.event_type)) {
      refuse(new Error(`${event.event_type} is not among the eventTypes of its manifest`));
      return;
    }
    publish({ ...event, source: source.name }).then((result) => {
      this.#events += 1;
      child?.send({ type: 'emitted', id, ...result });
    }, refuse);
  }

  #expect(step: Step | 'ready'): void {
    this.#clearDeadline();
    const limit = DEADLINES_MS[step];
    this.#deadline = setTimeout(() => this.#kill(`${step} took over ${limit / 1000} s`), limit);
  }

  #kill(reason: string): void {
    this.#failure ??= { message: reason, remedy: null };
    this.#child?.stop();
  }

  #exited(how: string): void {
    const { source, log } = this.#options;
    this.#clearDeadline();
    this.#child = null;
    if (this.#stopping) {
      this.#stopping = false;
      return;
    }
    const ran = this.#runningSince === null ? 0 : performance.now() - this.#runningSince;
    this.#runningSince = null;
    this.#failures = ran >= STABLE_MS ? 1 : this.#failures + 1;
    const detail = `${source.packageName}: ${this.#failure?.message ?? `ended by itself (${how})`}`;
    const pause = backoff(this.#failures);
    log.warn({ source: source.name, how, failures: this.#failures, pause }, detail);
    if (pause === null) {
      this.#become(
        'failed',
        `${detail}; given up after ${this.#failures} failures`,
        this.#failure?.remedy ?? GIVEN_UP,
      );
      return;
    }
    this.#become(
      'starting',
      `${detail}; next try in ${pause / 1000} s`,
      this.#failure?.remedy ?? '',
    );
    this.#restart = setTimeout(() => this.#start(), pause);
  }

  #become(state: SourceState, detail = '', remedy = ''): void {
    this.#condition = { state, detail, remedy };
    this.#notify();
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }

  #clearDeadline(): void {
    if (this.#deadline !== null) clearTimeout(this.#deadline);
    this.#deadline = null;
  }

  #clearTimers(): void {
    this.#clearDeadline();
    if (this.#restart !== null) clearTimeout(this.#restart);
    if (this.#linger !== null) clearTimeout(this.#linger);
    this.#restart = this.#linger = null;
  }
}
