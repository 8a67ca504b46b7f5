/**
 * What it takes to drive one harness without a person: its configuration for the fake model, its command
 * line, and what its JSON output says. Pure; who writes the files and starts the program is `run-real`.
 */
import type { Usage } from '../model/usage.js';
import type { RealHarness } from '../versions.js';

export interface Ground {
  readonly home: string;
  readonly work: string;
  /** The base URL of this agent at the fake model. */
  readonly model: string;
}

/** What the harness itself says of its run. */
export interface Outcome {
  readonly session: string | null;
  /** What the model said last. */
  readonly text: string;
  /** As the harness accounts for it; a part that it does not tell is null. */
  readonly usage: { readonly [Part in keyof Usage]: number | null };
  readonly costUsd: number | null;
}

export interface Driver {
  readonly name: RealHarness;
  /** Absolute paths and their contents. */
  files(ground: Ground): Readonly<Record<string, string>>;
  env(ground: Ground): Readonly<Record<string, string>>;
  args(ground: Ground, prompt: string): readonly string[];
  read(stdout: string): Outcome;
}

export const UNTOLD: Outcome['usage'] = {
  uncached: null,
  cacheRead: null,
  cacheWrite: null,
  output: null,
  reasoning: null,
};
