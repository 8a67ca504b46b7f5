/** The arguments of `waitbus wait`, as a plan: pure but for reading the checkout's origin. */
import { parseArgs } from 'node:util';
import type { Goal } from '../client/goal.js';
import { cursorSince } from '../client/since.js';
import { UsageError } from '../terminal/exit.js';
import { absolutePath } from '../working-directory.js';
import { timeSpan } from './timeout.js';
import { whatToWaitFor } from './wait-goal.js';
import { wholeNumber } from './whole-number.js';

export interface WaitPlan {
  readonly goal: Goal;
  readonly filters: readonly string[] | null;
  /** The repository is that of the checkout's origin. */
  readonly isOfOrigin: boolean;
  readonly since: string | null;
  readonly timeoutMs: number | null;
  /** Whether a failed conclusion ends with 1; null: as the source's manifest says. */
  readonly verdict: boolean | null;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly readyFd: number | null;
  readonly autostart: boolean | null;
  readonly cwd: string;
  /** Run once armed; empty for none. */
  readonly command: readonly string[];
}

const OPTIONS = {
  source: { type: 'string', multiple: true },
  match: { type: 'string', multiple: true },
  'all-of': { type: 'string', multiple: true },
  'first-of': { type: 'string', multiple: true },
  sha: { type: 'string' },
  pr: { type: 'string', multiple: true },
  any: { type: 'boolean' },
  settle: { type: 'string' },
  repo: { type: 'string' },
  workflow: { type: 'string' },
  timeout: { type: 'string' },
  since: { type: 'string' },
  count: { type: 'string' },
  cwd: { type: 'string' },
  verdict: { type: 'boolean' },
  'no-verdict': { type: 'boolean' },
  json: { type: 'boolean' },
  quiet: { type: 'boolean', short: 'q' },
  'ready-fd': { type: 'string' },
  'no-autostart': { type: 'boolean' },
} as const;

export interface Surroundings {
  /** Default: the working directory, if it is needed at all. */
  readonly cwd?: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** @throws UsageError, or WaitbusError WAITBUS_BAD_PREDICATE that quotes the predicate, WAITBUS_BAD_DIRECTORY */
export function parseWait(args: readonly string[], { cwd, now }: Surroundings): WaitPlan {
  const dashes = args.indexOf('--');
  const own = dashes === -1 ? args : args.slice(0, dashes);
  const { values } = parseArgs({ args: [...own], options: OPTIONS, strict: true });
  const directory = absolutePath(values.cwd, cwd);
  return {
    ...whatToWaitFor(values, directory),
    ...(values.since === undefined ? {} : { since: parseSince(values.since, now) }),
    timeoutMs: values.timeout === undefined ? null : timeSpan('--timeout', values.timeout),
    verdict: verdictOf(values),
    json: values.json === true,
    quiet: values.quiet === true,
    readyFd:
      values['ready-fd'] === undefined ? null : wholeNumber('--ready-fd', values['ready-fd'], 1),
    autostart: values['no-autostart'] === true ? false : null,
    cwd: directory,
    command: dashes === -1 ? [] : commandOf(args.slice(dashes + 1)),
  };
}

interface VerdictOptions {
  readonly verdict?: boolean | undefined;
  readonly 'no-verdict'?: boolean | undefined;
  readonly sha?: string | undefined;
  readonly pr?: readonly string[] | undefined;
}

function verdictOf({ verdict, 'no-verdict': none, sha, pr }: VerdictOptions): boolean | null {
  if (none !== true) return verdict === true || (sha ?? pr) !== undefined ? true : null;
  if (verdict === true) throw new UsageError('--verdict and --no-verdict exclude each other');
  if ((sha ?? pr) === undefined) return false;
  throw new UsageError(`${sha === undefined ? '--pr' : '--sha'} is a wait for a verdict`);
}

function parseSince(text: string, now: number): string {
  const cursor = cursorSince(text, now);
  if (cursor !== null) return cursor;
  throw new UsageError(`--since ${text} is not a ULID, a duration such as 10m, or start`);
}

function commandOf(words: readonly string[]): readonly string[] {
  if (words.length === 0) throw new UsageError('no command after --');
  return words;
}
