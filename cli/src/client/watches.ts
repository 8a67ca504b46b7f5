/**
 * Durable watches: what an agent wants to be woken by, whether it is connected or not, and what
 * became of each event. Each event wakes a name once, however many take from it.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { asWaitbusError, WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { checkAgentName } from './agent-name.js';
import { DaemonConnection, type Frame } from './connection.js';
import { eventFrameOf, type EventFrame } from './event-frame.js';
import { reach, type ReachOptions } from './reach.js';
import { cursorSince } from './since.js';
import type { SourceStateFrame } from './stream.js';
import { timeLimit } from './time-limit.js';

const RETRY_MS = 50;

export interface WatchRequest {
  /** Whom it wakes. */
  readonly name: string;
  /** Predicates that must all hold. */
  readonly match?: readonly string[];
  /** Lists of predicates, one of which must hold. */
  readonly anyOf?: readonly (readonly string[])[];
  readonly sources?: readonly string[];
  /** Begins there instead of now: an event_id, a duration ago such as `10m`, or `start`. */
  readonly since?: string | undefined;
  /** Only of these repositories: `owner/repo`, `owner/*`. */
  readonly filters?: readonly string[];
  /** For sources such as fs: whose files. */
  readonly cwd?: string;
}

export interface WatchInfo {
  /** Its id. */
  readonly watch: string;
  readonly name: string;
  readonly match?: readonly string[];
  readonly any_of?: readonly (readonly string[])[];
  readonly sources?: readonly string[];
  readonly filters?: readonly string[];
  readonly cwd?: string;
  /** Everything up to this event was looked at. */
  readonly cursor: string;
  /** Milliseconds since the epoch. */
  readonly created_at: number;
  readonly used_at: number;
}

export interface WakeInfo {
  readonly name: string;
  readonly event_id: string;
  readonly state: 'matched' | 'delivered' | 'woke' | 'acked';
  /** Milliseconds since the epoch; null: not yet. */
  readonly emitted_at: number;
  readonly matched_at: number;
  readonly delivered_at: number | null;
  readonly woke_at: number | null;
  readonly acked_at: number | null;
}

export interface TakeOptions extends ReachOptions {
  /** How long to wait for something, in milliseconds; 0: only what is there. */
  readonly timeoutMs: number;
  /** At most so many events, 1 to 64. */
  readonly max?: number;
  readonly signal?: AbortSignal;
  /** Hears how the sources of the watches are while it waits: one that cannot run wakes nobody. */
  readonly onSource?: ((state: SourceStateFrame) => void) | undefined;
}

export interface Taken {
  readonly events: readonly EventFrame[];
  /** Retention removed events before they were looked at. */
  readonly gap: { readonly after: string; readonly floor: string } | null;
  /**
   * They have arrived where they were to: they are never given again.
   * @param upTo an event_id: those up to it, and the rest is given to the next that takes
   * @throws WaitbusError WAITBUS_UNREACHABLE when the daemon died meanwhile: they are given again
   */
  woke(upTo?: string): Promise<void>;
  /** Without `woke` before, the events are given to the next that takes. */
  close(): void;
}

/**
 * The same again is the watch that is there.
 * @throws WaitbusError WAITBUS_BAD_NAME, WAITBUS_BAD_PREDICATE, WAITBUS_BAD_CURSOR,
 *   WAITBUS_UNKNOWN_SOURCE, WAITBUS_CANNOT_MATCH, WAITBUS_UNREACHABLE
 */
export async function registerWatch(
  { name, match, anyOf, sources, filters, since, cwd }: WatchRequest,
  options: ReachOptions = {},
): Promise<WatchInfo> {
  const cursor = since === undefined ? undefined : cursorSince(since, Date.now());
  if (cursor === null) throw new WaitbusError('WAITBUS_BAD_CURSOR', `since: ${since}`);
  const asked = { match, any_of: anyOf, sources, filters, cwd, since: cursor };
  const answer = await ask({ op: 'watch', name: checkAgentName(name), ...asked }, options);
  return answer['watch'] as WatchInfo;
}

/** @param watch its id; all of the name without @returns how many there were */
export async function removeWatch(
  name: string,
  watch?: string,
  options: ReachOptions = {},
): Promise<number> {
  const answer = await ask({ op: 'unwatch', name: checkAgentName(name), watch }, options);
  return answer['removed'] as number;
}

export async function listWatches(
  name?: string,
  options: ReachOptions = {},
): Promise<readonly WatchInfo[]> {
  return (await ask({ op: 'watches', name }, options))['watches'] as readonly WatchInfo[];
}

/** @param upTo an event_id; without, all that woke @returns how many were not acknowledged before */
export async function ackWakes(
  name: string,
  upTo?: string,
  options: ReachOptions = {},
): Promise<number> {
  const answer = await ask({ op: 'ack', name: checkAgentName(name), up_to: upTo }, options);
  return answer['count'] as number;
}

/** The newest first. */
export async function listWakes(
  name?: string,
  options: ReachOptions & { readonly limit?: number } = {},
): Promise<readonly WakeInfo[]> {
  const answer = await ask({ op: 'wakes', name, limit: options.limit }, options);
  return answer['wakes'] as readonly WakeInfo[];
}

/**
 * When a name was woken, the newest first, in milliseconds since the epoch: at most 1,000 times.
 * However many events it was woken by at once, that is one.
 */
export async function wokenAt(name: string, options: AskOptions = {}): Promise<readonly number[]> {
  const answer = await ask({ op: 'wakes', name: checkAgentName(name), limit: 1 }, options);
  return answer['woken_at'] as readonly number[];
}

/**
 * What a name is to be woken by, once there is something; empty when there is nothing in time. A
 * daemon that dies meanwhile is come back to.
 * @throws WaitbusError WAITBUS_BAD_NAME, WAITBUS_BAD_REQUEST when nothing is watched for it,
 *   WAITBUS_UNREACHABLE when no daemon could be had in the beginning
 */
export async function takeWakes(name: string, options: TakeOptions): Promise<Taken> {
  const { timeoutMs, max, signal, onSource } = options;
  const wait = timeoutMs > 0;
  const limits = [...(wait ? timeLimit(timeoutMs) : []), ...(signal === undefined ? [] : [signal])];
  const over = AbortSignal.any(limits);
  const request = { op: 'take', name: checkAgentName(name), max, wait };
  for (let first = true; !over.aborted; first = false) {
    let connection: DaemonConnection;
    try {
      connection = await reach((socket) => DaemonConnection.open(socket), options);
    } catch (error) {
      if (first) throw error;
      await pause(RETRY_MS, undefined, { signal: over }).catch(() => undefined);
      continue;
    }
    const leave = () => connection.close();
    over.addEventListener('abort', leave, { once: true });
    connection.onNotice = (frame) => {
      if (frame['kind'] === 'source_state') onSource?.(frame as unknown as SourceStateFrame);
    };
    try {
      if (over.aborted) break;
      const { events, gap } = await connection.request(request);
      return taken(
        connection,
        (events as readonly unknown[]).map(eventFrameOf),
        gap as Taken['gap'],
      );
    } catch (error) {
      connection.close();
      if (!isLost(error) || !wait) throw error;
    } finally {
      over.removeEventListener('abort', leave);
    }
  }
  return NOTHING;
}

function taken(
  connection: DaemonConnection,
  events: readonly EventFrame[],
  gap: Taken['gap'],
): Taken {
  return {
    events,
    gap,
    woke: async (upTo) => {
      await connection.request({ op: 'woke', up_to: upTo });
    },
    close: () => connection.close(),
  };
}

const NOTHING: Taken = {
  events: [],
  gap: null,
  woke: () => Promise.resolve(),
  close: () => undefined,
};

function isLost(error: unknown): boolean {
  return asWaitbusError(error).code === 'WAITBUS_UNREACHABLE';
}

interface AskOptions extends ReachOptions {
  /** Gives up when it is aborted, with WAITBUS_UNREACHABLE. */
  readonly signal?: AbortSignal;
}

async function ask(request: object, { signal, ...options }: AskOptions): Promise<Frame> {
  const connection = await reach((socket) => DaemonConnection.open(socket), options);
  const leave = () => connection.close();
  try {
    signal?.addEventListener('abort', leave, { once: true });
    if (signal?.aborted === true) leave();
    return await connection.request(request);
  } finally {
    signal?.removeEventListener('abort', leave);
    connection.close();
  }
}
