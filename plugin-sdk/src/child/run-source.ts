/**
 * Runs one source in its own process: takes the host's steps in order, gives the source its `ctx`,
 * and ends when told to or when the host is gone. Holds no policy: deadlines, restarts and trust
 * are the host's.
 */
import { pathToFileURL } from 'node:url';
import { WaitbusError, type SourceEvent } from '../envelope/index.js';
import type { EmitResult, SourceContext, SourceDefinition } from '../define-source.js';
import {
  MAX_IN_FLIGHT,
  MESSAGES_VERSION,
  type ChildMessage,
  type HostMessage,
  type Step,
} from '../messages.js';
import { checkConfig, examine } from './check-config.js';
import { checkEvent } from './check-event.js';
import { describeError } from './describe-error.js';
import { grantedSecret } from './granted-secret.js';
import { openSourceState } from './source-state.js';

/** The child's end of the pipe. */
export interface Channel {
  /** @throws when the message is too large, or holds what JSON cannot express */
  send(message: ChildMessage): void;
  onMessage(handler: (message: HostMessage) => void): void;
  /** The host is gone: the orphan watchdog. */
  onClose(handler: () => void): void;
}

type RootsHandler = (roots: readonly string[]) => void | Promise<void>;

export class SourceRunner {
  readonly #channel: Channel;
  readonly #exit: (code: number) => void;
  readonly #stopping = new AbortController();
  readonly #inFlight = new Map<
    number,
    { resolve: (result: EmitResult) => void; reject: (error: Error) => void }
  >();
  readonly #waitingForPlace: (() => void)[] = [];
  #definition: SourceDefinition | null = null;
  #config: unknown = {};
  #secrets: Readonly<Record<string, string>> = {};
  #stateDir = '';
  #nextId = 1;
  #places = MAX_IN_FLIGHT;
  #failed = false;
  #roots: { generation: number; roots: readonly string[] } = { generation: 0, roots: [] };
  #rootsHandler: RootsHandler | null = null;
  /** Root changes are handled one after the other, so that a generation is ready in order. */
  #rootsTurn: Promise<void> = Promise.resolve();

  constructor(channel: Channel, exit: (code: number) => void) {
    this.#channel = channel;
    this.#exit = exit;
    channel.onMessage((message) => this.#receive(message));
    channel.onClose(() => this.#orphaned());
    channel.send({ type: 'hello', version: MESSAGES_VERSION });
  }

  /** Aborts the source's signal and ends the process once what is in flight is committed. */
  stop(): void {
    if (this.#stopping.signal.aborted) return;
    this.#stopping.abort();
    // The host's grace period bounds the wait for the rest; a source that stays is killed by it.
    if (this.#inFlight.size === 0) setImmediate(() => this.#exit(0));
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
    const told = error instanceof WaitbusError ? error.remedy : null;
    this.#channel.send({ type: 'failed', message, remedy: remedy ?? told });
    this.#exit(1);
  }

  #receive(message: HostMessage): void {
    switch (message.type) {
      case 'load':
        this.#step('load', async () => {
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
        this.#roots = message;
        this.#applyRoots();
        break;
      case 'ping': {
        const memory = process.memoryUsage.rss();
        this.#channel.send({ type: 'pong', id: message.id, memory });
        break;
      }
      case 'emitted':
        this.#settle(message.id)?.resolve({
          event_id: message.event_id,
          inserted: message.inserted,
        });
        break;
      case 'refused':
        this.#settle(message.id)?.reject(new WaitbusError('WAITBUS_BAD_EVENT', message.message));
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

  #settle(id: number) {
    const waiter = this.#inFlight.get(id);
    this.#inFlight.delete(id);
    // A place is handed on, not freed, while somebody waits: events keep their order.
    const next = this.#waitingForPlace.shift();
    if (next === undefined) this.#places += 1;
    else next();
    if (this.#stopping.signal.aborted && this.#inFlight.size === 0) {
      setImmediate(() => this.#exit(0));
    }
    return waiter;
  }

  async #emit(event: SourceEvent): Promise<EmitResult> {
    await checkEvent(this.#loaded(), event);
    // At most so many wait for their commit; a further emit waits for a place.
    if (this.#places > 0) this.#places -= 1;
    else await new Promise<void>((resolve) => this.#waitingForPlace.push(resolve));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#inFlight.set(id, { resolve, reject });
      try {
        this.#channel.send({ type: 'emit', id, event });
      } catch (error) {
        this.#settle(id)?.reject(error as Error);
      }
    });
  }

  /** Says what it can: a log message is no reason for a source to fail. */
  #log(level: 'debug' | 'info' | 'warn' | 'error', message: string, details: object): void {
    try {
      this.#channel.send({ type: 'log', level, message, details });
    } catch {
      this.#channel.send({ type: 'log', level, message: message.slice(0, 4096), details: {} });
    }
  }

  #applyRoots(): void {
    const handler = this.#rootsHandler;
    if (handler === null) return;
    const { generation, roots } = this.#roots;
    this.#rootsTurn = this.#rootsTurn
      .then(async () => {
        await handler(roots);
        if (!this.#failed) this.#channel.send({ type: 'roots_ready', generation });
      })
      .catch((error: unknown) => this.fail(error));
  }

  #context(): SourceContext {
    const log =
      (level: 'debug' | 'info' | 'warn' | 'error') => (message: string, details?: object) =>
        this.#log(level, String(message), details ?? {});
    const logs = { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
    const { signal } = this.#stopping;
    const roots = () => this.#roots.roots;
    return {
      emit: (event) => this.#emit(event),
      config: this.#config,
      watchRoots: (handler) => {
        this.#rootsHandler = handler;
        this.#applyRoots();
      },
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
        return openWebhook(options, { signal, log: logs, fail: (error) => this.fail(error) });
      },
      log: logs,
      signal,
      ready: () => this.#channel.send({ type: 'ready' }),
      fail: (error, remedy) => this.fail(error, remedy ?? null),
    };
  }
}

/** Imports the entry module and checks that its default export is the source it should be. */
async function loadSource(entry: string, name: string): Promise<SourceDefinition> {
  const module = (await import(pathToFileURL(entry).href)) as {
    default?: Partial<SourceDefinition>;
  };
  const definition = module.default;
  if (typeof definition?.start !== 'function') {
    throw new Error(`${entry} has no default export with a start function`);
  }
  if (definition.name !== name) {
    throw new Error(`${entry} defines ${String(definition.name)}, its manifest declares ${name}`);
  }
  return definition as SourceDefinition;
}
