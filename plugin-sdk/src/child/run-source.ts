/**
 * Runs one source in its own process: takes the host's steps in order, gives the source its `ctx`,
 * and ends when told to or when the host is gone. Holds no policy: deadlines, restarts and trust
 * are the host's.
 */
import type { SourceContext, SourceDefinition } from '../define-source.js';
import { descriptionLine } from '../description.js';
import {
  MESSAGES_VERSION,
  type ChildMessage,
  type ExaminedMessage,
  type HostMessage,
  type Step,
} from '../messages.js';
import { checkConfig, examine } from './check-config.js';
import { confineModules } from './confine.js';
import { describeError } from './describe-error.js';
import { Emitter } from './emitter.js';
import { grantedSecret } from './granted-secret.js';
import { loadSource } from './load-source.js';
import { Roots } from './roots.js';
import { openSourceState } from './source-state.js';
import { Waiters } from './waiters.js';

/** The child's end of the pipe. */
export interface Channel {
  /** @throws when the message is too large, or holds what JSON cannot express */
  send(message: ChildMessage | ExaminedMessage): void;
  onMessage(handler: (message: HostMessage) => void): void;
  /** The host is gone: the orphan watchdog. */
  onClose(handler: () => void): void;
}

export class SourceRunner {
  readonly #channel: Channel;
  readonly #exit: (code: number) => void;
  readonly #stopping = new AbortController();
  readonly #emitter: Emitter;
  readonly #roots: Roots;
  readonly #waiters: Waiters;
  #definition: SourceDefinition | null = null;
  #config: unknown = {};
  #secrets: Readonly<Record<string, string>> = {};
  #stateDir = '';
  #failed = false;
  /** What the source says of itself, and what its webhook refused. */
  readonly #said = { refused: '', detail: '' };

  constructor(channel: Channel, exit: (code: number) => void) {
    this.#channel = channel;
    this.#exit = exit;
    this.#emitter = new Emitter({
      send: (message) => channel.send(message),
      onSettled: () => {
        if (this.#stopping.signal.aborted) this.#leaveIfIdle();
      },
    });
    this.#roots = new Roots({
      onReady: (generation) => {
        this.#say({ type: 'roots_ready', generation });
      },
      onError: (error) => this.fail(error),
    });
    this.#waiters = new Waiters({
      onChecked: (id, notes) => this.#say({ type: 'checked', id, notes }),
      onNote: (id, note) => this.#say({ type: 'note', id, note }),
      onError: (error) => this.fail(error),
    });
    channel.onMessage((message) => this.#receive(message));
    channel.onClose(() => this.#orphaned());
    channel.send({ type: 'hello', version: MESSAGES_VERSION });
  }

  /** Aborts the source's signal and ends the process once what is in flight is committed. */
  stop(): void {
    if (this.#stopping.signal.aborted) return;
    this.#stopping.abort();
    // The host's grace period bounds the wait for the rest; a source that stays is killed by it.
    this.#leaveIfIdle();
  }

  #leaveIfIdle(): void {
    if (this.#emitter.isIdle) setImmediate(() => this.#exit(0));
  }

  /** Nobody is left to commit what is in flight, nor to end a source that stays. */
  #orphaned(): void {
    this.#stopping.abort();
    setImmediate(() => this.#exit(0));
  }

  /** Reports, once, and ends the process; the host decides about a restart. */
  fail(error: unknown, remedy: string | null = null): void {
    if (this.#failed) return;
    this.#failed = true;
    const message = describeError(error);
    // A source that imports the SDK has a WaitbusError of its own.
    const { remedy: told } = Object(error) as { readonly remedy?: unknown };
    const own = typeof told === 'string' ? told : null;
    this.#channel.send({ type: 'failed', message, remedy: remedy ?? own });
    this.#exit(1);
  }

  #receive(message: HostMessage): void {
    switch (message.type) {
      case 'load':
        this.#step('load', async () => {
          if (message.within !== undefined) confineModules(message.within);
          this.#definition = await loadSource(message.entry, message.source);
        });
        break;
      case 'configure':
        this.#step('configure', async () => {
          this.#config = await checkConfig(this.#loaded(), message.config);
          this.#stateDir = message.stateDir;
          this.#secrets = message.secrets ?? {};
        });
        break;
      case 'examine':
        examine(this.#loaded(), message.config).then(
          (examined) => this.#channel.send({ type: 'examined', ...examined }),
          (error: unknown) => this.fail(error),
        );
        break;
      case 'start':
        this.#step('start', async () => {
          await this.#loaded().start(this.#context());
        });
        break;
      case 'roots':
        this.#roots.become(message.generation, message.roots);
        break;
      case 'waiters':
        this.#waiters.change(message.came, message.left);
        break;
      case 'ping': {
        const memory = process.memoryUsage.rss();
        this.#channel.send({ type: 'pong', id: message.id, memory });
        break;
      }
      case 'emitted':
        this.#emitter.emitted(message.id, {
          event_id: message.event_id,
          inserted: message.inserted,
        });
        break;
      case 'refused':
        this.#emitter.refused(message.id, message.code, message.message);
        break;
    }
  }

  #step(step: Step, work: () => Promise<void>): void {
    work().then(
      () => this.#channel.send({ type: 'done', step }),
      (error: unknown) => this.fail(error),
    );
  }

  #loaded(): SourceDefinition {
    if (this.#definition === null) throw new Error('the host sent a step before load');
    return this.#definition;
  }

  /** Says what it can: a log message is no reason for a source to fail. */
  #log(level: 'debug' | 'info' | 'warn' | 'error', message: string, details: object): void {
    try {
      this.#channel.send({ type: 'log', level, message, details });
    } catch {
      this.#channel.send({ type: 'log', level, message: message.slice(0, 4096), details: {} });
    }
  }

  #say(message: ChildMessage): void {
    if (!this.#failed) this.#channel.send(message);
  }

  #ready(): void {
    this.#say({ type: 'ready' });
    this.#waiters.ready();
  }

  /** What somebody has to mend comes first: a long line is cut at its end. */
  #describe(told: { readonly refused?: string; readonly detail?: string }): void {
    const { refused, detail } = Object.assign(this.#said, told);
    const line = [refused, detail].filter((text) => text !== '').join('; ');
    this.#say({ type: 'describe', detail: descriptionLine(line) });
  }

  #context(): SourceContext {
    const log =
      (level: 'debug' | 'info' | 'warn' | 'error') => (message: string, details?: object) =>
        this.#log(level, String(message), details ?? {});
    const logs = { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
    const { signal } = this.#stopping;
    const roots = () => this.#roots.current;
    return {
      emit: (event) => this.#emitter.emit(this.#loaded(), event),
      config: this.#config,
      watchRoots: (handler) => this.#roots.watch(handler),
      watchWaiters: (handler) => this.#waiters.watch(handler),
      checkWaits: (check) => this.#waiters.check(check),
      recheckWaits: () => this.#waiters.recheck(),
      note: (waiter, note) => this.#waiters.note(waiter, note),
      describe: (detail) => this.#describe({ detail: String(detail) }),
      state: openSourceState(this.#stateDir),
      get roots() {
        return roots();
      },
      get cwd() {
        return roots()[0] ?? null;
      },
      secret: (name) => grantedSecret(this.#secrets, name, this.#loaded().name),
      webhook: async (options) => {
        const { openWebhook } = await import('../webhook/open.js');
        const fail = (error: Error) => this.fail(error);
        const onRefused = (refused: string) => this.#describe({ refused });
        return openWebhook(options, { signal, log: logs, fail, onRefused });
      },
      log: logs,
      signal,
      ready: () => this.#ready(),
      fail: (error, remedy) => this.fail(error, remedy ?? null),
    };
  }
}
