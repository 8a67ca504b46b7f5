/**
 * One slice of a wait: a client kills a call that takes too long, so a long wait is made of several.
 * A slice that ends early has the cursor from which the next one sees everything that came between.
 */
import { resolve } from 'node:path';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { requestFor, stateOf, type Goal } from '../client/goal.js';
import { cursorSince } from '../client/since.js';
import { stream, type EventFrame } from '../client/stream.js';
import type { CallOptions, ToolOptions } from './tool.js';

const DEFAULT_SLICE_MS = 50_000;

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
  /** From here nothing is missed; null: no daemon had answered yet. */
  readonly cursor: string | null;
  /** Retention removed events after `since`, before they were looked at. */
  readonly gap: boolean;
  /** What was still waited for, as the caller wrote it. */
  readonly outstanding: readonly string[];
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
  const limit = AbortSignal.timeout(Math.ceil(sliceMs));
  const signal = AbortSignal.any([limit, ...(call.signal === undefined ? [] : [call.signal])]);
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
  const slice = (outcome: Slice['outcome']): Slice => ({
    outcome,
    events: state.matched,
    cursor,
    gap,
    outstanding: outcome === 'matched' ? [] : state.outstanding(),
    remainingMs: outcome === 'pending' ? timeoutMs - sliceMs : 0,
  });
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
    if (state.done) return slice('matched');
    const dead = state.hopeless();
    if (dead !== null) {
      const message = `source ${dead.source}: ${dead.detail}`;
      throw new WaitbusError('WAITBUS_SOURCE_FAILED', message, dead.remedy);
    }
    if (!armed && state.armed) {
      armed = true;
      call.onArmed?.();
    }
  }
  call.signal?.throwIfAborted();
  return slice(sliceMs < timeoutMs ? 'pending' : 'timeout');
}

function later(cursor: string | null, eventId: string): string {
  return cursor !== null && cursor > eventId ? cursor : eventId;
}
