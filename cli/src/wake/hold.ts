/**
 * What a harness's hook does at the end of a turn: waits a while for what its session is to be woken
 * by, and has it as a text for the model. Fails open: whatever goes wrong, the session goes on.
 */
import type { ReachOptions } from '../client/reach.js';
import { listWakes, takeWakes } from '../client/watches.js';
import { DEFAULT_BUDGET, mayWake, type Budget } from './budget.js';
import { fence } from './fence.js';

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

/** @returns null: there is nothing, it may not be woken so soon, or no daemon can be had */
export async function holdForWake(
  { name, holdMs, budget = DEFAULT_BUDGET, maxBytes, signal }: HoldRequest,
  options: ReachOptions,
): Promise<Wake | null> {
  try {
    // Each wake is one, however many events it was of: they have its time in common.
    const wokenAt = new Set(
      (await listWakes(name, options)).flatMap(({ woke_at: at }) => at ?? []),
    );
    if (!mayWake(budget, [...wokenAt], Date.now())) return null;
    const held = await takeWakes(name, {
      ...options,
      timeoutMs: holdMs,
      ...(signal === undefined ? {} : { signal }),
    });
    if (held.events.length === 0) {
      held.close();
      return null;
    }
    return {
      text: fence(held.events, maxBytes === undefined ? {} : { maxBytes }),
      confirm: async () => {
        await held.woke();
        held.close();
      },
      close: () => held.close(),
    };
  } catch {
    return null;
  }
}
