/**
 * One source's life: started while somebody is interested, led through its steps with a deadline
 * each, restarted with growing pauses and given up after five failures in a row. Tells listeners
 * every change; what they do with it is theirs.
 */
import { MESSAGES_VERSION, type ChildMessage, type Step } from '@waitbus/plugin-sdk';
import { ERRORS } from '@waitbus/plugin-sdk/envelope';
import type { SourceState } from '@waitbus/kernel';
import { entryPath, type SourceChild } from './child.js';
import { isChildMessage } from './child-message.js';
import { Intake } from './intake.js';
import { PATIENCE, type SourceCondition, type SupervisorOptions } from './supervision.js';

export class Supervisor {
  readonly #options: Required<SupervisorOptions>;
  readonly #intake: Intake;
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
  /** Counts starts and stops: what was verified for an earlier start is not forked any more. */
  #attempt = 0;

  constructor(options: SupervisorOptions) {
    this.#options = { patience: PATIENCE, verify: async () => null, ...options };
    this.#intake = new Intake(options);
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
    return this.#intake.events;
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
    this.#attempt += 1;
    this.#stopping = this.#child !== null;
    this.#child?.stop();
    const { state } = this.#condition;
    if (state !== 'failed' && state !== 'quarantined') this.#become('stopped');
  }

  #setRoots(roots: readonly string[]): void {
    if (roots.join('\0') === this.#roots.join('\0')) return;
    this.#roots = roots;
    this.#generation += 1;
    this.#child?.send({ type: 'roots', generation: this.#generation, roots });
  }

  #start(): void {
    const { source, log, verify } = this.#options;
    this.#become('starting');
    this.#failure = null;
    this.#stopping = false;
    this.#armedGeneration = -1;
    const attempt = (this.#attempt += 1);
    void verify().then((quarantine) => {
      if (attempt !== this.#attempt) return;
      if (quarantine === null) this.#fork();
      else {
        log.warn({ source: source.name, remedy: quarantine.remedy }, quarantine.reason);
        this.#become('quarantined', quarantine.reason, quarantine.remedy);
      }
    });
  }

  #fork(): void {
    const { source, fork, stateDir, log } = this.#options;
    log.info({ source: source.name, package: source.packageName }, 'starting a source');
    const child = fork(source, stateDir, {
      onMessage: (message) => {
        if (this.#child !== child) return;
        if (isChildMessage(message)) this.#receive(message);
        else this.#kill('it sent no message of the contract');
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
        // Told to stop, it may still report what it did before it heard of it.
        if (this.#stopping) break;
        this.#clearDeadline();
        this.#runningSince = performance.now();
        this.#become('running');
        break;
      case 'roots_ready':
        this.#armedGeneration = message.generation;
        this.#notify();
        break;
      case 'emit': {
        const child = this.#child;
        this.#intake.take(message.id, message.event, (answer) => child?.send(answer));
        break;
      }
      case 'log': {
        const { source, log } = this.#options;
        log[message.level]({ ...message.details, source: source.name }, message.message);
        break;
      }
      case 'failed':
        this.#failure = message;
        break;
    }
  }

  #stepDone(step: Step): void {
    if (this.#stopping) return;
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

  #expect(step: Step | 'ready'): void {
    this.#clearDeadline();
    const limit = this.#options.patience.deadlinesMs[step];
    this.#deadline = setTimeout(() => this.#kill(`${step} took over ${limit / 1000} s`), limit);
  }

  #kill(reason: string): void {
    this.#failure ??= { message: reason, remedy: null };
    this.#child?.stop();
  }

  #exited(how: string): void {
    const { source, log, patience } = this.#options;
    this.#clearDeadline();
    this.#child = null;
    if (this.#stopping) return;
    const ran = this.#runningSince === null ? 0 : performance.now() - this.#runningSince;
    this.#runningSince = null;
    this.#failures = ran >= patience.stableMs ? 1 : this.#failures + 1;
    const detail = `${source.packageName}: ${this.#failure?.message ?? `ended by itself (${how})`}`;
    const pause = patience.backoff(this.#failures);
    log.warn({ source: source.name, how, failures: this.#failures, pause }, detail);
    const remedy = this.#failure?.remedy;
    if (pause === null) {
      const given = `${detail}; given up after ${this.#failures} failures`;
      this.#become('failed', given, remedy ?? ERRORS.WAITBUS_SOURCE_FAILED.remedy);
      return;
    }
    this.#become('starting', `${detail}; next try in ${pause / 1000} s`, remedy ?? '');
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
    for (const timer of [this.#restart, this.#linger]) if (timer !== null) clearTimeout(timer);
    this.#restart = this.#linger = null;
  }
}
