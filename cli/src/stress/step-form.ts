/** What a run of so many agents is given, and what it gives. */
import type { Family } from './families.js';
import type { Invariant } from './invariants.js';
import type { Latencies } from './latency.js';
import type { Entry } from './ledger/index.js';

export interface StepPlan {
  /** Begins the name of each agent. */
  readonly run: string;
  readonly count: number;
  readonly kills: number;
  readonly families: readonly Family[];
  /** How long rounds are begun. */
  readonly durationMs: number;
  /** At most so many rounds before the last one, in which agents are killed. */
  readonly rounds: number;
  /** How long a round may take until what is missing counts as lost. */
  readonly roundLimitMs: number;
  readonly budgetUsd: number;
  /** What was used before, in this sweep. */
  readonly before: readonly Entry[];
  readonly signal: AbortSignal;
  readonly tell: (text: string) => void;
}

export interface StepResult {
  readonly n: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly agents: readonly {
    readonly name: string;
    readonly family: string;
    readonly killed: boolean;
  }[];
  readonly invariants: readonly Invariant[];
  readonly latency: Latencies;
  readonly entries: readonly Entry[];
  readonly stopped: 'budget' | 'interrupted' | null;
  /** What agents that did not end in order wrote last. */
  readonly last_words: Readonly<Record<string, string>>;
}
