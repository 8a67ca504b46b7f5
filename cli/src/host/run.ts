/**
 * One run of a source's process, from its start to its end: led through its steps with a deadline
 * each, asked whether it still answers, held to the contract of the channel, and ended with a reason.
 * Whether there is another run is the supervisor's.
 */
import {
  descriptionLine,
  MAX_IN_FLIGHT,
  MESSAGES_VERSION,
  type ChildMessage,
  type HostMessage,
  type Step,
} from '@waitbus/plugin-sdk';
import { asWaitbusError } from '@waitbus/plugin-sdk/envelope';
import { loadMessage, type SourceChild } from './child.js';
import { isChildMessage } from './child-message.js';
import { forPeople } from './for-people.js';
import { Heartbeat } from './heartbeat.js';
import { tooMuchMemory } from './memory.js';
import { MESSAGES, type RunOptions } from './supervision.js';
import { TokenBucket } from './token-bucket.js';
import { Unanswered } from './unanswered.js';

const MAX_CHARACTERS = 2000;
const clock = () => performance.now();

export class SourceRun {
  /** Resolves when the process is gone. */
  readonly gone: Promise<void>;
  readonly #options: RunOptions;
  readonly #child: SourceChild;
  readonly #unanswered: Unanswered;
  readonly #flood = new TokenBucket({ clock, ...MESSAGES });
  #failure: { reason: string; remedy: string | null } | null = null;
  /** What it is to say next; null once it is ready. */
  #expected: Step | 'ready' | null = 'load';
  #deadline: NodeJS.Timeout | null = null;
  #heartbeat: Heartbeat | null = null;
  #readyAt: number | null = null;
  /** It was told to end, or is about to be ended: it takes no further step. */
  #ending = false;
  /** It broke the contract: nothing more is heard of it. */
  #deaf = false;
  /** By its own word, where the system does not tell. */
  #memory: number | null = null;

  constructor(options: RunOptions) {
    this.#options = options;
    const { source, fork, stateDir, chatter } = options;
    let exited: () => void = () => undefined;
    this.gone = new Promise((resolve) => (exited = resolve));
    this.#child = fork(source, stateDir, {
      onMessage: (message, bytes) => this.#receive(message, bytes),
      onBroken: (reason) => this.#breach(`it sent no message of the contract: ${reason}`),
      onOutput: (line) => chatter.line(line),
      onExit: (how) => {
        exited();
        this.#exited(how);
      },
    });
    this.#unanswered = new Unanswered(this.#child);
    this.#expect('load');
    this.send(loadMessage(source));
  }

  get pid(): number | null {
    return this.#child.pid ?? null;
  }

  /** Resident bytes, or null when it is not known. */
  get memory(): number | null {
    return this.#child.memory() ?? this.#memory;
  }

  send(message: HostMessage): void {
    this.#child.send(message);
  }

  /** What it did before it heard of it is still taken. */
  stop(): void {
    this.#ending = true;
    this.#clearTimers();
    this.#child.stop();
  }

  #receive(message: unknown, bytes: number): void {
    if (this.#deaf) return;
    if (!isChildMessage(message)) return this.#breach('it sent no message of the contract');
    if (message.type !== 'emit' && !this.#flood.take(1 + bytes / 1024)) {
      this.#breach('it floods its channel');
      return;
    }
    this.#heed(message, bytes);
  }

  #heed(message: ChildMessage, bytes: number): void {
    switch (message.type) {
      case 'hello':
        if (message.version !== MESSAGES_VERSION) {
          this.#breach(`its runner speaks version ${message.version}, not ${MESSAGES_VERSION}`);
        }
        break;
      case 'done':
        if (!this.#ending) this.#stepDone(message.step);
        break;
      case 'ready':
        if (!this.#ending) this.#ready();
        break;
      case 'roots_ready':
        this.#options.onArmed(message.generation);
        break;
      case 'describe':
        this.#options.onDescribed(descriptionLine(message.detail));
        break;
      case 'checked':
      case 'note':
        this.#options.onSaid(message);
        break;
      case 'pong':
        this.#answered(message.id, message.memory);
        break;
      case 'emit':
        this.#take(message, bytes);
        break;
      case 'log':
        this.#options.chatter.message(message, bytes);
        break;
      case 'failed':
        this.#failure ??= { reason: message.message, remedy: message.remedy };
        break;
    }
  }

  #take({ id, event }: Extract<ChildMessage, { type: 'emit' }>, bytes: number): void {
    const settle = this.#unanswered.add(bytes);
    if (settle === null) {
      this.#breach(`it has more than ${MAX_IN_FLIGHT} events unacknowledged`);
      return;
    }
    const { source, intake } = this.#options;
    intake.take(source, { id, event, bytes }, (answer) => {
      this.send(answer);
      settle();
    });
  }

  #stepDone(step: Step): void {
    // `ready` may have come before its `start` was done.
    if (step === 'start' && this.#expected === null) return;
    if (step !== this.#expected) {
      this.#breach(`it says that ${step} is done, which it was not told to do`);
      return;
    }
    switch (step) {
      case 'load':
        void this.#configure();
        break;
      case 'configure':
        this.#expect('start');
        for (const message of this.#options.demand()) this.send(message);
        this.send({ type: 'start' });
        break;
      case 'start':
        this.#expect('ready');
        break;
    }
  }

  /** What was loaded is what was verified: nothing is handed over if its files changed meanwhile. */
  async #configure(): Promise<void> {
    const { source, config, stateDir, secrets } = this.#options;
    this.#clearTimers();
    this.#expected = null;
    try {
      const changed = await this.#options.verify(source);
      if (changed !== null) this.#breach(`while it was loaded, ${changed.reason}`);
      if (this.#ending) return;
      this.send({ type: 'configure', config: config(), stateDir, secrets: secrets() });
      this.#expect('configure');
    } catch (error) {
      const { message, remedy } = asWaitbusError(error);
      this.#fail(message, remedy);
    }
  }

  #ready(): void {
    if (this.#expected !== 'start' && this.#expected !== 'ready') return;
    this.#expected = null;
    this.#clearTimers();
    this.#readyAt = clock();
    const { patience, onReady } = this.#options;
    const silent = `it stopped answering for ${patience.heartbeat.deadlineMs / 1000} s`;
    this.#heartbeat = new Heartbeat({
      ...patience.heartbeat,
      clock,
      ping: (id) => this.send({ type: 'ping', id }),
      excused: () => this.#unanswered.holdsBack,
      onSilent: () => this.#breach(this.#tooMuch() ?? silent),
    });
    onReady();
  }

  #answered(id: number, memory: number): void {
    if (this.#heartbeat?.pong(id) !== true) return;
    this.#memory = memory;
    const reason = this.#tooMuch();
    if (reason !== null) this.#breach(reason);
  }

  #tooMuch = () => tooMuchMemory(this.memory ?? 0, this.#options.patience.maxResidentBytes);

  #expect(step: Step | 'ready'): void {
    this.#clearTimers();
    this.#expected = step;
    const limit = this.#options.patience.deadlinesMs[step];
    this.#deadline = setTimeout(() => this.#fail(`${step} took over ${limit / 1000} s`), limit);
  }

  #fail(reason: string, remedy: string | null = null): void {
    this.#failure ??= { reason, remedy };
    this.stop();
  }

  /** It cannot be trusted to end by itself. */
  #breach(reason: string): void {
    this.#failure ??= { reason, remedy: null };
    this.#deaf = this.#ending = true;
    this.#clearTimers();
    this.#child.kill();
  }

  #exited(how: string): void {
    this.#deaf = true;
    this.#clearTimers();
    this.#options.chatter.finish();
    this.#options.onEnd({
      reason: forPeople(this.#failure?.reason ?? `ended by itself (${how})`, MAX_CHARACTERS),
      remedy: this.#failure?.remedy ? forPeople(this.#failure.remedy, MAX_CHARACTERS) : null,
      ranMs: this.#readyAt === null ? 0 : clock() - this.#readyAt,
    });
  }

  #clearTimers(): void {
    if (this.#deadline !== null) clearTimeout(this.#deadline);
    this.#deadline = null;
    this.#heartbeat?.stop();
  }
}
