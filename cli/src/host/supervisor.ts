/**
 * One source's life: started while somebody is interested, restarted with growing pauses and given
 * up after five failures in a row, and never two processes at once. Tells listeners every change;
 * what they do with it is theirs. What happens within a run is `run.ts`'s.
 */
import type { SourceState } from '@waitbus/kernel';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { AtMostEvery } from './at-most-every.js';
import { Chatter } from './chatter.js';
import { Demand } from './demand.js';
import { Intake } from './intake.js';
import type { InstalledSource, Quarantine } from './inventory.js';
import { SourceRun } from './run.js';
import {
  brokenCondition,
  DESCRIBED_EVERY_MS,
  PATIENCE,
  restingCondition,
  type RunEnd,
  type SourceCondition,
  type SupervisorOptions,
  type Vitals,
} from './supervision.js';

export class Supervisor {
  readonly #options: Required<SupervisorOptions>;
  readonly #intake: Intake;
  readonly #chatter: Chatter;
  readonly #listeners = new Set<() => void>();
  #source: InstalledSource;
  #condition: SourceCondition;
  #run: SourceRun | null = null;
  /** The run before, until its process is gone. */
  #leaving: SourceRun | null = null;
  /** Counts starts and stops: a start that was overtaken by either ends without a process. */
  #attempt = 0;
  #wanted = false;
  #failures = 0;
  #restarts = 0;
  #restart: NodeJS.Timeout | null = null;
  #linger: NodeJS.Timeout | null = null;
  /** Who waits, and where; told to the run there is. */
  readonly demand = new Demand((message) => this.#run?.send(message));
  readonly #notify = () => this.#listeners.forEach((listener) => listener());
  readonly #described = new AtMostEvery(DESCRIBED_EVERY_MS, this.#notify);
  /** How the current run observes, by its own word. */
  #description = '';
  #armedGeneration = -1;

  constructor(options: SupervisorOptions) {
    const nothing = { onSaid: () => undefined, verify: async () => null, secrets: () => ({}) };
    this.#options = { patience: PATIENCE, ...nothing, ...options };
    const { source, log } = options;
    this.#source = source;
    this.#condition = restingCondition(source);
    this.#intake = new Intake(options);
    this.#chatter = new Chatter({ source: source.name, log, clock: () => performance.now() });
  }

  get condition(): SourceCondition {
    const { state } = this.#condition;
    return state === 'running' ? { state, detail: this.#description, remedy: '' } : this.#condition;
  }

  get pid(): number | null {
    return (this.#run ?? this.#leaving)?.pid ?? null;
  }

  get vitals(): Vitals {
    const { events, lastEvent, slowed } = this.#intake;
    const memory = this.#run?.memory ?? null;
    return { memory, events, lastEvent, slowed, restarts: this.#restarts };
  }

  /** Whether nothing can be missed any more by those interested up to a generation. */
  armed(generation: number): boolean {
    if (this.#condition.state !== 'running') return false;
    return this.#source.manifest.scope === undefined || this.#armedGeneration >= generation;
  }

  /** Calls back on every change, of state or of what is armed, until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Somebody is interested: runs with these roots. */
  want(roots: readonly string[]): void {
    this.#wanted = true;
    this.#clearLinger();
    this.demand.setRoots(roots);
    if (this.#condition.state === 'stopped') this.#start();
  }

  /** Nobody is interested any more: stops after the linger time. */
  unwant(): void {
    this.#wanted = false;
    if (this.#condition.state === 'stopped') return;
    this.#linger ??= setTimeout(() => this.stop(), this.#options.lingerMs);
  }

  stop(): void {
    this.#wanted = false;
    this.#halt();
    const { state } = this.#condition;
    if (state !== 'failed' && state !== 'quarantined') this.#become('stopped');
  }

  /** Forgets its failures, ends its process, and starts it again if it is wanted. */
  restart(): void {
    this.#halt();
    this.#failures = 0;
    this.#condition = restingCondition(this.#source);
    if (this.#wanted && this.#condition.state === 'stopped') this.#start();
    else this.#notify();
  }

  /** It was given up, and somebody else asks: one more try, since what kept it down may be mended. */
  tryOnce(): void {
    if (this.#condition.state !== 'failed') return;
    this.#failures -= 1;
    this.#condition = restingCondition(this.#source);
  }

  /** The package was changed: from now on it is this one. */
  replace(source: InstalledSource): void {
    this.#source = source;
    this.restart();
  }

  /** Ends the process, or what would have become one. */
  #halt(): void {
    this.#attempt += 1;
    this.#clearLinger();
    clearTimeout(this.#restart ?? undefined);
    this.#restart = null;
    if (this.#run === null) return;
    this.#leaving = this.#run;
    this.#run = null;
    this.#leaving.stop();
  }

  #start(): void {
    const attempt = ++this.#attempt;
    this.#armedGeneration = -1;
    this.#become('starting');
    const ifCurrent =
      <T>(then: (value: T) => void) =>
      (value: T) => {
        if (attempt === this.#attempt) then(value);
      };
    this.#prepare().then(
      ifCurrent((quarantine) => this.#decided(quarantine)),
      ifCurrent((error: Error) => {
        const remedy = error instanceof WaitbusError ? error.remedy : null;
        this.#ended({ reason: error.message, remedy, ranMs: 0 });
      }),
    );
  }

  /** Waits for the process before, which may hold a port, then looks at the package again. */
  async #prepare(): Promise<Quarantine | null> {
    await this.#leaving?.gone;
    return this.#options.verify(this.#source);
  }

  #decided(quarantine: Quarantine | null): void {
    if (quarantine === null) {
      this.#launch();
      return;
    }
    const { reason, remedy } = quarantine;
    this.#options.log.warn({ source: this.#source.name, remedy }, reason);
    this.#become('quarantined', reason, remedy);
  }

  #launch(): void {
    const { log } = this.#options;
    const { name, packageName } = this.#source;
    log.info({ source: name, package: packageName }, 'starting a source');
    try {
      this.#run = this.#newRun();
    } catch (error) {
      // No process could be had at all.
      this.#ended({ reason: (error as Error).message, remedy: null, ranMs: 0 });
    }
  }

  #newRun(): SourceRun {
    const isCurrent = () => this.#run === run;
    this.#description = '';
    const run: SourceRun = new SourceRun({
      ...this.#options,
      source: this.#source,
      intake: this.#intake,
      chatter: this.#chatter,
      demand: () => this.demand.messages(),
      secrets: () => this.#options.secrets(this.#source),
      onReady: () => {
        if (isCurrent()) this.#become('running');
      },
      onDescribed: (description) => {
        if (!isCurrent() || description === this.#description) return;
        this.#description = description;
        if (this.#condition.state === 'running') this.#described.ask();
      },
      onArmed: (generation) => {
        if (!isCurrent() || generation === this.#armedGeneration) return;
        this.#armedGeneration = generation;
        this.#notify();
      },
      onSaid: (said) => {
        if (isCurrent()) this.#options.onSaid(said);
      },
      onEnd: (end) => {
        if (isCurrent()) this.#ended(end);
        else if (this.#leaving === run) this.#leaving = null;
      },
    });
    return run;
  }

  #ended({ reason, remedy, ranMs }: RunEnd): void {
    const { log, patience } = this.#options;
    const { packageName, name } = this.#source;
    this.#run = null;
    this.#failures = ranMs >= patience.stableMs ? 1 : this.#failures + 1;
    const pause = patience.backoff(this.#failures);
    const detail = `${packageName}: ${reason}`;
    log.warn({ source: name, failures: this.#failures, pause }, detail);
    this.#condition = brokenCondition(name, { detail, remedy }, this.#failures, pause);
    this.#notify();
    if (pause === null) return;
    this.#restart = setTimeout(() => {
      this.#restarts += 1;
      this.#start();
    }, pause);
  }

  #become(state: SourceState, detail = '', remedy = ''): void {
    this.#condition = { state, detail, remedy };
    this.#notify();
  }

  #clearLinger(): void {
    clearTimeout(this.#linger ?? undefined);
    this.#linger = null;
  }
}
