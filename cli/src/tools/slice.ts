/**
 * One slice of a wait: a client kills a call that takes too long, so a long wait is made of several.
 * A slice that ends early has the cursor from which the next one sees everything that came between.
 */
import { resolve } from 'node:path';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { requestFor, stateOf, type Goal } from '../client/goal.js';
import { errorOfObstacle, lineOfNote } from '../client/obstacle.js';
import { cursorSince } from '../client/since.js';
import { stream, type EventFrame } from '../client/stream.js';
import type { CallOptions, ToolOptions } from './tool.js';

export const DEFAULT_SLICE_MS = 50_000;
/** How long a daemon may take to come up, beyond the slice. */
const START_LIMIT_MS = 20_000;

export interface SliceRequest {
  readonly goal: Goal;
  readonly since?: string | undefined;
  readonly repo?: string | undefined;
  /** How long the caller wants to wait in all, in milliseconds. */
  readonly timeoutMs: number;
}

export interface Slice {
  readonly outcome: 'matched' | 'pending' | 'timeout';
  readonly events: readonly EventFrame[];
  /** From here nothing is missed. */
  readonly cursor: string;
  /** Retention removed events after `since`, before they were looked at. */
  readonly gap: boolean;
  /** What was still waited for, as the caller wrote it. */
  readonly outstanding: readonly string[];
  /** Why nothing can match as things are, one line each. */
  readonly warnings: readonly string[];
  /** Of `timeoutMs`. */
  readonly remainingMs: number;
}

/** @throws WaitbusError when the wait cannot be fulfilled; the signal's reason */
export async function waitSlice(
  { goal, since, repo, timeoutMs }: SliceRequest,
  options: ToolOptions,
  call: CallOptions,
): Promise<Slice> {
  const sliceMs = Math.min(timeoutMs, call.sliceMs ?? options.sliceMs ?? DEFAULT_SLICE_MS);
  const state = stateOf(goal);
  // A duration ago is another moment in the next slice.
  let cursor = since === undefined ? null : cursorSince(since, Date.now());
  if (since !== undefined && cursor === null) {
    throw new WaitbusError('WAITBUS_BAD_CURSOR', `since: ${since} is not a cursor`);
  }
  let [gap, armed] = [false, false];
  const request = {
    ...requestFor(goal),
    cwd: resolve(options.cwd ?? ''),
    ...(repo === undefined ? {} : { filters: [repo] }),
    ...(cursor === null ? {} : { since: cursor }),
  };
  const slice = (outcome: Slice['outcome'], at: string): Slice => ({
    outcome,
    events: state.matched,
    cursor: at,
    gap,
    outstanding: outcome === 'matched' ? [] : state.outstanding(),
    warnings: outcome === 'matched' ? [] : state.warnings.map(lineOfNote),
    remainingMs: outcome === 'pending' ? timeoutMs - sliceMs : 0,
  });
  const limit = new SliceLimit(sliceMs, cursor !== null);
  const signal = AbortSignal.any([limit.signal, ...(call.signal ? [call.signal] : [])]);
  try {
    for await (const frame of stream(request, { ...options, signal })) {
      state.receive(frame);
      // Without a cursor it begins at the head of this moment.
      if (frame.kind === 'subscribe_ack') cursor ??= frame.head;
      if (frame.kind === 'caught_up') cursor = later(cursor, frame.head);
      if (frame.kind === 'event') cursor = later(cursor, frame.event_id);
      if (frame.kind === 'gap') {
        gap = true;
        cursor = later(cursor, frame.floor);
      }
      if (state.done && cursor !== null) return slice('matched', cursor);
      const obstacle = state.hopeless();
      if (obstacle !== null) throw errorOfObstacle(obstacle);
      if (!armed && state.armed) {
        armed = true;
        call.onArmed?.();
      }
      if (cursor !== null) limit.begun();
    }
  } finally {
    limit.clear();
  }
  call.signal?.throwIfAborted();
  if (cursor === null) {
    throw new WaitbusError('WAITBUS_UNREACHABLE', 'the daemon did not answer in time');
  }
  return slice(sliceMs < timeoutMs ? 'pending' : 'timeout', cursor);
}

/**
 * Ends a slice when its time is up; but not before it has a cursor, without which what comes before
 * the next slice would be lost: a daemon may have to be started first.
 */
class SliceLimit {
  readonly #over = new AbortController();
  readonly #timers: readonly NodeJS.Timeout[];
  #due = false;
  #begun: boolean;

  constructor(sliceMs: number, begun: boolean) {
    this.#begun = begun;
    const due = () => {
      this.#due = true;
      this.#check();
    };
    const last = () => this.#over.abort();
    this.#timers = [setTimeout(due, sliceMs), setTimeout(last, sliceMs + START_LIMIT_MS)];
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** There is a cursor. */
  begun(): void {
    this.#begun = true;
    this.#check();
  }

  clear(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #check(): void {
    if (this.#due && this.#begun) this.#over.abort();
  }
}

function later(cursor: string | null, eventId: string): string {
  return cursor !== null && cursor > eventId ? cursor : eventId;
}
