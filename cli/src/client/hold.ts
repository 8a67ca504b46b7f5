/**
 * A key held by this process alone: asked for, waited for, and taken up again after the daemon was
 * restarted. It ends with `release`, or with the process.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { WaitbusError, type Envelope } from '@waitbus/plugin-sdk/envelope';
import { DaemonConnection, type Frame } from './connection.js';
import { reach, type ReachOptions } from './reach.js';

export interface HoldRequest {
  /** Names this hold; nobody else uses it. */
  readonly token: string;
  readonly key: string;
  /** Published with the grant. */
  readonly granted: Envelope;
  /** Published if the process ends while it holds. */
  readonly will: Envelope;
  /** For whoever asks who holds it. */
  readonly data: object;
}

/** What stands in the way of a hold. */
export interface Blocker {
  readonly token: string;
  readonly key: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly state: 'held' | 'waiting' | 'orphaned';
  readonly data: Readonly<Record<string, unknown>> | null;
}

export interface Held {
  readonly eventId: string | null;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /**
   * Resolves when it ended otherwise than by `release` here: another released it, or this process
   * did not come back to the daemon in time and it was given to others.
   */
  readonly ended: Promise<'released' | 'lost'>;
  /** Lets go; `event` is published before the next one holds. */
  release(event: Envelope): Promise<void>;
}

export interface HoldOptions extends ReachOptions {
  readonly signal?: AbortSignal | undefined;
}

const RETRY_MS = 100;

/** @returns what is in the way, when it is not free; null when the signal comes first */
export async function tryHold(
  request: HoldRequest,
  options: HoldOptions,
): Promise<Held | readonly Blocker[] | null> {
  const { signal } = options;
  const connection = await reached(options);
  if (connection === null) return null;
  const answer = await asked(connection, { op: 'hold', ...request }, signal);
  if (answer?.['kind'] === 'held') return new Holding(request, options, connection, answer);
  connection.close();
  if (answer !== null) return answer['blockers'] as readonly Blocker[];
  if (signal?.aborted === true) return null;
  throw new WaitbusError('WAITBUS_UNREACHABLE', 'the daemon ended before it answered');
}

/**
 * Waits in the order of the requests, across restarts of the daemon.
 * @returns null when the signal comes first
 */
export async function waitToHold(request: HoldRequest, options: HoldOptions): Promise<Held | null> {
  const { signal } = options;
  for (let first = true; signal?.aborted !== true; first = false) {
    let connection: DaemonConnection | null;
    try {
      connection = await reached(options);
    } catch (error) {
      if (first) throw error;
      await pause(RETRY_MS);
      continue;
    }
    if (connection === null) return null;
    const answer = await asked(connection, { op: 'hold', wait: true, ...request }, signal);
    if (answer?.['kind'] === 'held') return new Holding(request, options, connection, answer);
    connection.close();
  }
  return null;
}

/** @returns null when the signal comes first, however long the daemon takes */
async function reached(options: HoldOptions): Promise<DaemonConnection | null> {
  const { signal } = options;
  const opened = reach((socket) => DaemonConnection.open(socket), options);
  if (signal === undefined) return opened;
  if (signal.aborted) return closeLate(opened);
  let cancel = (): void => undefined;
  const aborted = new Promise<null>((resolve) => (cancel = () => resolve(null)));
  signal.addEventListener('abort', cancel, { once: true });
  const first = await Promise.race([opened, aborted]);
  signal.removeEventListener('abort', cancel);
  return first ?? closeLate(opened);
}

function closeLate(opened: Promise<DaemonConnection>): null {
  opened.then(
    (connection) => connection.close(),
    () => undefined,
  );
  return null;
}

/** @returns null when the connection ends first, which the signal brings about, too */
async function asked(
  connection: DaemonConnection,
  request: Readonly<Record<string, unknown>>,
  signal: AbortSignal | undefined,
): Promise<Frame | null> {
  const leave = () => connection.close();
  signal?.addEventListener('abort', leave, { once: true });
  // An abort while the daemon was being reached came before the listener.
  if (signal?.aborted === true) leave();
  try {
    // A connection that ended, by the daemon's end or by ours, answers nothing.
    const lost = connection.closed.then(() => null);
    return await Promise.race([connection.request(request), lost]);
  } catch (error) {
    if (isLost(error)) return null;
    connection.close();
    throw error;
  } finally {
    signal?.removeEventListener('abort', leave);
  }
}

class Holding implements Held {
  readonly eventId: string | null;
  readonly since: number;
  readonly ended: Promise<'released' | 'lost'>;
  readonly #request: HoldRequest;
  readonly #options: HoldOptions;
  #connection: DaemonConnection;
  #over = false;
  #end: (how: 'released' | 'lost') => void = () => undefined;

  constructor(
    request: HoldRequest,
    options: HoldOptions,
    connection: DaemonConnection,
    answer: Frame,
  ) {
    this.#request = request;
    this.#options = { ...options, signal: undefined };
    this.eventId = answer['event_id'] as string | null;
    this.since = Number(answer['since']);
    this.ended = new Promise((resolve) => (this.#end = resolve));
    this.#connection = this.#listenTo(connection);
    void this.#keep();
  }

  async release(event: Envelope): Promise<void> {
    this.#over = true;
    const release = { op: 'release', token: this.#request.token, event };
    try {
      await this.#connection.request(release).catch(async (error: unknown) => {
        if (!isLost(error)) throw error;
        const other = await reach((socket) => DaemonConnection.open(socket), this.#options);
        await other.request(release).finally(() => other.close());
      });
    } finally {
      this.#connection.close();
    }
  }

  #listenTo(connection: DaemonConnection): DaemonConnection {
    connection.onNotice = (frame) => {
      if (frame['kind'] === 'hold_lost') this.#finish('released');
    };
    return connection;
  }

  #finish(how: 'released' | 'lost'): void {
    this.#over = true;
    this.#connection.close();
    this.#end(how);
  }

  async #keep(): Promise<void> {
    for (;;) {
      await this.#connection.closed;
      if (this.#over) return;
      const answer = await this.#resume().catch(() => null);
      if (answer === null) await pause(RETRY_MS);
      else if (answer['kind'] !== 'held') this.#finish('lost');
    }
  }

  async #resume(): Promise<Frame> {
    const connection = await reach((socket) => DaemonConnection.open(socket), this.#options);
    this.#connection = this.#listenTo(connection);
    try {
      return await connection.request({ op: 'hold', resume: true, ...this.#request });
    } catch (error) {
      connection.close();
      throw error;
    }
  }
}

function isLost(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === 'WAITBUS_UNREACHABLE';
}
