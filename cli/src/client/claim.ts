/**
 * Claims: a path that one agent says it works on, so that no other does. A claim is a hold of the
 * kernel's, and an event of the source agent when it begins and when it ends. It binds only those
 * who claim; nothing keeps a program from writing there.
 */
import { WaitbusError, type Envelope } from '@waitbus/plugin-sdk/envelope';
import { uniqueKey } from '../spool/unique-key.js';
import { checkAgentName } from './agent-name.js';
import { canonicalPath } from './claim-path.js';
import { DaemonConnection } from './connection.js';
import { tryHold, waitToHold, type Blocker, type Held, type HoldRequest } from './hold.js';
import { reach, type ReachOptions } from './reach.js';
import { timeLimit } from './time-limit.js';
import { WaitTimeoutError } from './wait-for.js';

const PREFIX = 'path:';

export interface ClaimOptions extends ReachOptions {
  readonly path: string;
  readonly as: string;
  /** Default: the working directory. */
  readonly cwd?: string;
  /** Waits until the path is free. */
  readonly wait?: boolean | undefined;
  /** How long, in milliseconds. Default: no limit. */
  readonly timeout?: number | undefined;
  readonly signal?: AbortSignal;
  /** Called before it waits, with what it waits for. */
  readonly onBlocked?: (blockers: readonly ClaimInfo[], path: string) => void;
}

export interface ClaimInfo {
  readonly id: string;
  readonly path: string;
  readonly by: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** `orphaned`: its holder has yet to come back after a restart of the daemon. */
  readonly state: 'held' | 'waiting' | 'orphaned';
}

export interface Claim {
  readonly id: string;
  /** The canonical one. */
  readonly path: string;
  /** Of the `agent_claim` event. */
  readonly eventId: string | null;
  /** As `Held.ended`. */
  readonly ended: Promise<'released' | 'lost'>;
  release(): Promise<void>;
}

/**
 * Claims a path, exclusively: neither it, nor what is above or below it, is claimed by another
 * meanwhile. Released when the process ends, however it does.
 * @throws WaitbusError WAITBUS_CLAIMED that says by whom; WaitTimeoutError; WAITBUS_UNREACHABLE
 */
export async function claim(options: ClaimOptions): Promise<Claim> {
  const by = checkAgentName(options.as);
  const path = canonicalPath(options.path, options.cwd);
  const id = uniqueKey();
  const request: HoldRequest = {
    token: id,
    key: PREFIX + path,
    granted: claimEvent(id, path, by),
    will: releaseEvent({ id, path, by }, 'died'),
    data: { path, msg_from: by },
  };
  const { timeout } = options;
  const limit = timeLimit(timeout);
  const given = options.signal === undefined ? [] : [options.signal];
  const signal = AbortSignal.any([...limit, ...given]);
  const tooLate = (): never => {
    options.signal?.throwIfAborted();
    throw new WaitTimeoutError([`a claim of ${path}`]);
  };
  const found = await tryHold(request, { ...options, signal });
  if (found === null) return tooLate();
  if (!Array.isArray(found)) return claimOf(found as Held, { id, path, by });
  const blockers = claimsIn(found as readonly Blocker[]);
  if (options.wait !== true) throw claimedBy(blockers, path);
  options.onBlocked?.(blockers, path);
  const held = await waitToHold(request, { ...options, signal });
  return held === null ? tooLate() : claimOf(held, { id, path, by });
}

/** Who holds what, and who waits, in the order in which they came. */
export async function listClaims(options: ReachOptions = {}): Promise<readonly ClaimInfo[]> {
  const connection = await reach((socket) => DaemonConnection.open(socket), options);
  try {
    const { holds } = await connection.request({ op: 'holds' });
    return claimsIn(holds as readonly Blocker[]);
  } finally {
    connection.close();
  }
}

/**
 * Ends a claim from another process, as its holder's agent may.
 * @returns whether it was still held
 */
export async function releaseClaim(info: ClaimInfo, options: ReachOptions = {}): Promise<boolean> {
  const connection = await reach((socket) => DaemonConnection.open(socket), options);
  try {
    const event = info.state === 'waiting' ? {} : { event: releaseEvent(info, 'released') };
    const answer = await connection.request({ op: 'release', token: info.id, ...event });
    return answer['released'] === true;
  } finally {
    connection.close();
  }
}

function claimOf(held: Held, info: Pick<ClaimInfo, 'id' | 'path' | 'by'>): Claim {
  const { eventId, ended } = held;
  const release = () => held.release(releaseEvent(info, 'released'));
  return { id: info.id, path: info.path, eventId, ended, release };
}

function claimsIn(holds: readonly Blocker[]): ClaimInfo[] {
  return holds
    .filter(({ key }) => key.startsWith(PREFIX))
    .map(({ token, key, since, state, data }) => {
      const by = data?.['msg_from'];
      return {
        id: token,
        path: key.slice(PREFIX.length),
        by: typeof by === 'string' ? by : 'unknown',
        since,
        state,
      };
    });
}

function claimedBy(blockers: readonly ClaimInfo[], path: string): WaitbusError {
  const [first] = blockers;
  if (first === undefined) return new WaitbusError('WAITBUS_CLAIMED', `${path} is held`);
  return new WaitbusError('WAITBUS_CLAIMED', blockedText(first, path));
}

/** Who is in the way, since when, and where, when it is not this very path. */
export function blockedText({ path: held, by, since, state }: ClaimInfo, path: string): string {
  const what =
    held === path
      ? path
      : `${path} lies ${held.length < path.length ? 'under' : 'over'} ${held}, which`;
  const verb = state === 'waiting' ? 'is waited for' : 'is claimed';
  return `${what} ${verb} by ${by} since ${new Date(since).toISOString()}`;
}

function claimEvent(id: string, path: string, by: string): Envelope {
  return {
    source: 'agent',
    event_type: 'agent_claim',
    delivery_id: `claim:${id}`,
    summary: `${by} claims ${path}`,
    fields: { msg_from: by, path, claim_id: id, pid: process.pid, status: 'in_progress' },
  };
}

function releaseEvent(
  { id, path, by }: Pick<ClaimInfo, 'id' | 'path' | 'by'>,
  reason: 'released' | 'died',
): Envelope {
  return {
    source: 'agent',
    event_type: 'agent_release',
    // One end a claim, whoever tells it.
    delivery_id: `claim:${id}:release`,
    summary: reason === 'died' ? `${by} died and held ${path}` : `${by} releases ${path}`,
    fields: { msg_from: by, path, claim_id: id, status: 'completed', reason },
  };
}
