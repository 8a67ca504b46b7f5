/**
 * What a harness file says of one coding-agent harness: the edits that install waitbus there, what a
 * hook's input means on the bus, and how a wake is said in the harness's own words. All of it is
 * pure; who reads files, speaks to the daemon or prints is the command line.
 */
import type { Envelope, Json } from '@waitbus/plugin-sdk/envelope';

export type { Envelope, Json };

export const HARNESS_NAMES = [
  'claude',
  'codex',
  'gemini',
  'copilot',
  'opencode',
  'cursor',
  'windsurf',
  'cline',
  'aider',
] as const;

export type HarnessName = (typeof HARNESS_NAMES)[number];

/** Where an installation counts: for all that the user does, or in one project. */
export type Scope = 'user' | 'project';

export interface PlanContext {
  readonly scope: Scope;
  /** The user's home directory, absolute. */
  readonly home: string;
  /** The project's directory, absolute. */
  readonly project: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** argv that runs waitbus, e.g. ['waitbus'] */
  readonly command: readonly string[];
}

/** One edit of one file, absolute; a plan is a list of them. */
export type Edit =
  | {
      /**
       * Appends to the array at `path`, which is made when it is missing, unless an element that has
       * `mark` in its JSON text is there; that one is replaced when it differs.
       */
      readonly kind: 'json-append';
      readonly file: string;
      readonly path: readonly string[];
      readonly value: Json;
      readonly mark: string;
    }
  | {
      /** Sets a member; a value that is not ours there is a conflict. */
      readonly kind: 'json-set';
      readonly file: string;
      readonly path: readonly string[];
      readonly value: Json;
    }
  | {
      /** A whole table of ours. */
      readonly kind: 'toml-set';
      readonly file: string;
      readonly table: readonly string[];
      readonly values: Readonly<Record<string, Json>>;
    }
  | {
      /** A whole file of ours; a foreign one there is a conflict. */
      readonly kind: 'file';
      readonly file: string;
      readonly content: string;
      readonly executable?: boolean;
    };

export interface HookInput {
  /** The parsed stdin, or null when it was no JSON object. */
  readonly body: Readonly<Record<string, unknown>> | null;
  /** What stands behind the harness's name on the command line. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

export interface HookReport {
  /** As in `msg_from`, behind the colon. */
  readonly session: string;
  readonly events: readonly Envelope[];
  /** The harness can be woken in this hook: it is the end of a turn. */
  readonly canWake: boolean;
  /** The harness's own loop flag says that it was woken already in this turn. */
  readonly loop: boolean;
  /** Context may be added here without a decision: at the start of a session or of a prompt. */
  readonly canInform: boolean;
  /** The model does not know, or has forgotten, who it is on the bus. */
  readonly introduce: boolean;
  /** The harness does not wait for this hook, so it may wait long, and for messages too. */
  readonly idle: boolean;
}

/** What the hook's process says to the harness. */
export interface HookAnswer {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

export interface Harness {
  readonly name: HarnessName;
  readonly title: string;
  /** By what `install --all` finds it; directories are relative to the home directory. */
  readonly signs: { readonly programs: readonly string[]; readonly directories: readonly string[] };
  /** What its hooks read; where nothing is written for them, stdin is the user's terminal. */
  readonly input: 'stdin' | 'none';
  /** An empty plan: this scope is not to be had. */
  plan(context: PlanContext): readonly Edit[];
  /** Never throws; null: nothing is to be said of this input. */
  report(input: HookInput): HookReport | null;
  /** A wake in the harness's own words; null: it cannot be woken here. */
  wake(input: HookInput, text: string): HookAnswer | null;
  /** Adds context without a decision; null where that cannot be. */
  inform(input: HookInput, text: string): HookAnswer | null;
  /** What the user has to do besides, in whole sentences. */
  readonly notes: readonly string[];
}
