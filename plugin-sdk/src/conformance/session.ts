/**
 * A host of the kit's own around one run of a source: leads it through its steps, takes its events,
 * acknowledges them or withholds that, and ends it. Restarts nothing and judges nothing.
 */
import { join } from 'node:path';
import { descriptionLine } from '../description.js';
import { isObject, type SourceEvent } from '../envelope/index.js';
import { MESSAGES_VERSION, type ChildMessage, type HostMessage, type Step } from '../messages.js';
import type { Waiter } from '../waiter.js';
import { problemOf } from './event-problem.js';
import { Failure } from './failure.js';
import { startRunner, type Exit, type RunnerProcess } from './start-runner.js';
import { still } from './stillness.js';
import type { Target } from './target.js';

export interface SessionOptions {
  readonly target: Target;
  readonly config: unknown;
  readonly roots: readonly string[];
  readonly waiters: readonly Waiter[];
  readonly secrets: Readonly<Record<string, string>>;
  readonly env: NodeJS.ProcessEnv;
  readonly stateDir: string;
  readonly nodeFlags: readonly string[];
}

const GENERATION = 1;
/** Of what it said, the end is kept, for reasons. */
const TOLD_CHARACTERS = 2000;

export class Session {
  readonly config: unknown;
  readonly roots: readonly string[];
  readonly stateDir: string;
  readonly events: SourceEvent[] = [];
  /** How it says that it observes, one line each time it did. */
  readonly described: string[] = [];
  /** Why events were refused, one each. */
  readonly refused: string[] = [];
  /** The most events that waited for their acknowledgement at once. */
  mostUnacknowledged = 0;
  readonly #options: SessionOptions;
  readonly #process: RunnerProcess;
  readonly #watchers = new Set<() => void>();
  readonly #done = new Set<Step>();
  readonly #unacknowledged: HostMessage[] = [];
  #withholding = false;
  #ready = false;
  #armed = false;
  #pinged = 0;
  #ponged = 0;
  #broken = '';
  #told = '';
  #exit: Exit | null = null;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.config = options.config;
    this.roots = options.roots;
    this.stateDir = options.stateDir;
    this.#process = startRunner({
      cwd: options.stateDir,
      env: options.env,
      nodeFlags: options.nodeFlags,
      onMessage: (message) => {
        this.#receive(message);
        this.#look();
      },
      onOutput: (text) => (this.#told = (this.#told + text).slice(-TOLD_CHARACTERS)),
    });
    void this.#process.exited.then((exit) => {
      this.#exit = exit;
      this.#look();
    });
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** How it ended by itself; empty while it runs. */
  get ending(): string {
    if (this.#exit === null) return '';
    const { code, signal } = this.#exit;
    return `its process ended by itself (${signal ?? `exit code ${code}`})${this.said()}`;
  }

  /** @throws Failure that names the step that it failed or did not end in time */
  async becomeReady(): Promise<void> {
    const { target, config, roots, waiters, secrets, stateDir } = this.#options;
    const { source, declared, directory, patience } = target;
    const entry = join(directory, declared.entry ?? '');
    await this.#step('load', { type: 'load', source, entry });
    await this.#step('configure', { type: 'configure', config, stateDir, ...{ secrets } });
    this.#process.send({ type: 'roots', generation: GENERATION, roots });
    this.#process.send({ type: 'waiters', came: waiters, left: [] });
    await this.#step('start', { type: 'start' });
    const late = () => `ready() was not called within ${patience.ready / 1000} s`;
    const armed = () => this.#ready && (declared.scope === undefined || this.#armed);
    await this.until(armed, patience.ready, late);
  }

  /** From now on events are taken and not acknowledged. */
  withhold(): void {
    this.#withholding = true;
  }

  /** Acknowledges all that waited, and from now on at once. */
  release(): void {
    this.#withholding = false;
    for (const answer of this.#unacknowledged.splice(0)) this.#process.send(answer);
  }

  /** @throws Failure after so many milliseconds, or when the process ends first */
  until(holds: () => boolean, milliseconds: number, late: () => string): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        this.#watchers.delete(look);
        clearTimeout(timer);
        settle();
      };
      const look = () => {
        if (holds()) end(resolve);
        else if (this.#broken !== '') end(() => reject(new Failure(this.#broken)));
        else if (this.#exit !== null) end(() => reject(new Failure(this.ending)));
      };
      const timer = setTimeout(
        () => end(() => reject(new Failure(late() + this.said()))),
        milliseconds,
      );
      this.#watchers.add(look);
      look();
    });
  }

  /** Resolves once nothing was emitted for so long, or it emits on and on. */
  still(milliseconds: number): Promise<void> {
    return still(
      { count: () => this.events.length + this.refused.length, turn: this.#turn },
      milliseconds,
    );
  }

  /** Frozen, it has as long as an event may take. */
  readonly #turn = (): Promise<boolean> => {
    const id = (this.#pinged += 1);
    this.#process.send({ type: 'ping', id });
    const turned = this.until(
      () => this.#ponged >= id,
      this.#options.target.patience.event,
      String,
    );
    return turned.then(
      () => true,
      () => false,
    );
  };

  /** SIGTERM, then SIGKILL after the grace period: the exit's signal tells which it took. */
  async stop(): Promise<Exit> {
    const { grace } = this.#options.target.patience;
    this.#process.kill('SIGTERM');
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), grace);
    const exit = await this.#process.exited;
    clearTimeout(timer);
    return exit;
  }

  stragglers(): readonly string[] {
    return this.#process.stragglers();
  }

  /** SIGKILL, to it and to whatever it started. */
  async end(): Promise<void> {
    this.#process.kill('SIGKILL');
    this.#process.endStragglers();
    await this.#process.exited.catch(() => undefined);
    this.#process.endStragglers();
  }

  async #step(step: Step, message: HostMessage): Promise<void> {
    const limit = this.#options.target.patience[step];
    this.#process.send(message);
    await this.until(
      () => this.#done.has(step),
      limit,
      () => `${step} took over ${limit / 1000} s`,
    );
  }

  #receive(message: unknown): void {
    if (!isObject(message) || typeof message['type'] !== 'string') {
      this.#broken = 'it sent what is no message of the contract';
      return;
    }
    const told = message as unknown as ChildMessage;
    switch (told.type) {
      case 'hello':
        if (told.version !== MESSAGES_VERSION) this.#broken = `its runner speaks ${told.version}`;
        break;
      case 'done':
        this.#done.add(told.step);
        break;
      case 'ready':
        this.#ready = true;
        break;
      case 'roots_ready':
        this.#armed ||= told.generation >= GENERATION;
        break;
      case 'describe':
        this.described.push(descriptionLine(told.detail));
        break;
      case 'emit':
        this.#take(told.id, told.event);
        break;
      case 'pong':
        this.#ponged = told.id;
        break;
      case 'log':
      case 'failed':
        this.#told = `${this.#told}${told.message}\n`.slice(-TOLD_CHARACTERS);
        break;
      default:
      // Said to waiters.
    }
  }

  #take(id: number, event: SourceEvent): void {
    const problem = problemOf(event, this.#options.target);
    if (problem !== null) {
      this.refused.push(problem);
      this.#process.send({ type: 'refused', id, code: 'WAITBUS_BAD_EVENT', message: problem });
      return;
    }
    this.events.push(event);
    const eventId = String(this.events.length).padStart(26, '0');
    this.#unacknowledged.push({ type: 'emitted', id, event_id: eventId, inserted: true });
    this.mostUnacknowledged = Math.max(this.mostUnacknowledged, this.#unacknowledged.length);
    if (!this.#withholding) this.release();
  }

  #look(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }

  /** What it said, as the end of a sentence. */
  said(): string {
    return this.#told.trim() === '' ? '' : `: ${this.#told.trim()}`;
  }
}
