/**
 * What a harness's hook does at the end of a turn: waits a while for what its session is to be woken
 * by, and has it as a text for the model. Fails open: whatever goes wrong, the session goes on.
 */
import type { ReachOptions } from '../client/reach.js';
import { takeWakes, wokenAt, type Taken } from '../client/watches.js';
import { DEFAULT_BUDGET, eventsAtOnce, mayWake, type Budget } from './budget.js';

/** Past its time, a daemon that does not answer is given up: it may be stopped, or hang. */
const PATIENCE_MS = 1000;

export interface HoldRequest {
  readonly name: string;
  /** How long to wait, in milliseconds; 0: only what is there. */
  readonly holdMs: number;
  readonly budget?: Budget;
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
}

export interface Wake {
  /** For the model, fenced. */
  readonly text: string;
  /** The harness has it. Without this, the events are there for the next hook. */
  confirm(): Promise<void>;
  /** It does not. */
  close(): void;
}

/**
 * Starts no daemon unless `autostart` says so: a hook is not to wait for one.
 * @returns null: there is nothing, it may not be woken so soon, or no daemon can be had
 */
export async function holdForWake(
  { name, holdMs, budget = DEFAULT_BUDGET, maxBytes, signal }: HoldRequest,
  options: ReachOptions = {},
): Promise<Wake | null> {
  try {
    const reach = { autostart: false, ...options };
    const hurry = AbortSignal.timeout(PATIENCE_MS);
    if (!mayWake(budget, await wokenAt(name, { ...reach, signal: hurry }), Date.now())) return null;
    const late = AbortSignal.timeout(holdMs + PATIENCE_MS);
    const taken = await takeWakes(name, {
      ...reach,
      timeoutMs: holdMs,
      max: eventsAtOnce(budget),
      signal: signal === undefined ? late : AbortSignal.any([signal, late]),
    });
    return await wakeOf(taken, maxBytes);
  } catch {
    return null;
  }
}

async function wakeOf(taken: Taken, maxBytes: number | undefined): Promise<Wake | null> {
  const { events, gap } = taken;
  if (events.length === 0 && gap === null) {
    taken.close();
    return null;
  }
  // Only now: it loads node:crypto, and most hooks find nothing.
  const { fenceWhatFits } = await import('./fence.js');
  const limit = maxBytes === undefined ? {} : { maxBytes };
  const { text, told } = fenceWhatFits(events, { ...limit, gap });
  return {
    text,
    confirm: async () => {
      // What had no room is there for the next hook.
      await taken.woke(events[told - 1]?.event_id);
      taken.close();
    },
    close: () => taken.close(),
  };
}
