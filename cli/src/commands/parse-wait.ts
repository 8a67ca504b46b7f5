/** The arguments of `waitbus wait`, as a plan: pure but for reading the checkout's origin. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { parsePredicate } from '@waitbus/kernel/predicate';
import { FIRST_ULID } from '@waitbus/kernel/ulid';
import { SOURCE_NAME } from '@waitbus/plugin-sdk/envelope';
import { cursorSince } from '../client/since.js';
import { parseClause, type Clause, type WaitSpec } from '../client/wait-state.js';
import { MAX_TIMER_MS, parseDuration } from '../duration.js';
import { UsageError } from '../terminal/exit.js';
import { originRepo } from './origin-repo.js';

export interface WaitPlan {
  readonly spec: WaitSpec;
  readonly filters: readonly string[] | null;
  readonly since: string | null;
  readonly timeoutMs: number | null;
  /** Whether a failed conclusion of the matched event ends with 1. */
  readonly verdict: boolean;
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
  repo: { type: 'string' },
  timeout: { type: 'string' },
  since: { type: 'string' },
  count: { type: 'string' },
  cwd: { type: 'string' },
  verdict: { type: 'boolean' },
  json: { type: 'boolean' },
  quiet: { type: 'boolean', short: 'q' },
  'ready-fd': { type: 'string' },
  'no-autostart': { type: 'boolean' },
} as const;

/** Conclusions that end a wait on a commit; the others keep it waiting. */
const TERMINAL = ['success', 'failure', 'cancelled', 'timed_out'];

export interface Surroundings {
  readonly cwd: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** @throws UsageError, or WaitbusError WAITBUS_BAD_PREDICATE that quotes the predicate */
export function parseWait(args: readonly string[], { cwd, now }: Surroundings): WaitPlan {
  const dashes = args.indexOf('--');
  const own = dashes === -1 ? args : args.slice(0, dashes);
  const { values } = parseArgs({ args: [...own], options: OPTIONS, strict: true });
  const directory = resolve(cwd, values.cwd ?? '');
  return {
    ...whatToWaitFor(values, directory),
    ...(values.since === undefined ? {} : { since: parseSince(values.since, now) }),
    timeoutMs: values.timeout === undefined ? null : parseTimeout(values.timeout),
    verdict: values.verdict === true || values.sha !== undefined,
    json: values.json === true,
    quiet: values.quiet === true,
    readyFd:
      values['ready-fd'] === undefined ? null : wholeNumber('--ready-fd', values['ready-fd'], 1),
    autostart: values['no-autostart'] === true ? false : null,
    cwd: directory,
    command: dashes === -1 ? [] : commandOf(args.slice(dashes + 1)),
  };
}

interface Values {
  readonly source?: readonly string[] | undefined;
  readonly match?: readonly string[] | undefined;
  readonly 'all-of'?: readonly string[] | undefined;
  readonly 'first-of'?: readonly string[] | undefined;
  readonly sha?: string | undefined;
  readonly repo?: string | undefined;
  readonly count?: string | undefined;
}

function whatToWaitFor(values: Values, cwd: string): Pick<WaitPlan, 'spec' | 'filters' | 'since'> {
  const { 'all-of': allOf, 'first-of': firstOf, match, sha } = values;
  const [source, ...others] = values.source ?? [];
  if (others.length > 0) {
    throw new UsageError('one --source only; for several, give each a --first-of or an --all-of');
  }
  const ways = { '--all-of': allOf, '--first-of': firstOf, '--sha': sha };
  const chosen = Object.entries(ways).filter(([, value]) => value !== undefined);
  if (chosen.length > 1)
    throw new UsageError(`${chosen.map(([way]) => way).join(' and ')} exclude each other`);
  const count = values.count === undefined ? 1 : wholeNumber('--count', values.count, 1);
  const filters = values.repo === undefined ? null : [repoFilter(values.repo)];
  if (sha !== undefined)
    return { spec: shaSpec(sha), filters: filters ?? originFilter(cwd), since: FIRST_ULID };
  if (allOf !== undefined || firstOf !== undefined) {
    if (source !== undefined || match !== undefined) {
      throw new UsageError(
        'a clause names its source and predicate itself: leave out --source and --match',
      );
    }
    if (allOf !== undefined && count !== 1)
      throw new UsageError('--count goes with --match or --first-of');
    const spec: WaitSpec = {
      mode: allOf === undefined ? 'first' : 'all',
      clauses: (allOf ?? firstOf ?? []).map(parseClause),
      count,
    };
    return { spec, filters, since: null };
  }
  return {
    spec: { mode: 'first', clauses: [plainClause(source, match)], count },
    filters,
    since: null,
  };
}

function plainClause(source: string | undefined, match: readonly string[] | undefined): Clause {
  if (source === undefined && match === undefined) {
    throw new UsageError('say what to wait for: --source, --match, --all-of, --first-of or --sha');
  }
  if (source !== undefined && !SOURCE_NAME.test(source)) {
    throw new UsageError(`--source ${source} is not a source name`);
  }
  const predicates = match ?? [];
  parsePredicate(predicates);
  const parts = [
    ...(source === undefined ? [] : [`--source ${source}`]),
    ...predicates.map((p) => `--match '${p}'`),
  ];
  return { text: parts.join(' '), source: source ?? null, predicates };
}

function shaSpec(sha: string): WaitSpec {
  if (!/^[0-9a-fA-F]{7,40}$/.test(sha))
    throw new UsageError(`--sha ${sha} is not 7 to 40 hex digits`);
  const predicates = [
    `fields.head_sha^="${sha.toLowerCase()}"`,
    ...TERMINAL.map((conclusion) => `fields.conclusion="${conclusion}"`),
  ];
  return {
    mode: 'first',
    clauses: [{ text: `--sha ${sha}`, source: 'github', predicates }],
    count: 1,
  };
}

function repoFilter(repo: string): string {
  if (/^[A-Za-z0-9_.-]+\/([A-Za-z0-9_.-]+|\*)$/.test(repo)) return repo;
  throw new UsageError(`--repo ${repo} is not owner/repo or owner/*`);
}

function originFilter(cwd: string): readonly string[] {
  const repo = originRepo(cwd);
  if (repo === null)
    throw new UsageError('--sha needs --repo owner/repo: this directory has no GitHub origin');
  return [repo];
}

function parseSince(text: string, now: number): string {
  const cursor = cursorSince(text, now);
  if (cursor !== null) return cursor;
  throw new UsageError(`--since ${text} is not a ULID, a duration such as 10m, or start`);
}

function parseTimeout(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds === null) {
    throw new UsageError(`--timeout ${text} is not a duration such as 30s, 5m, 1h30m or 2d`);
  }
  if (milliseconds > MAX_TIMER_MS) throw new UsageError(`--timeout ${text} is longer than 24 days`);
  return milliseconds;
}

function wholeNumber(option: string, text: string, least: number): number {
  if (/^\d{1,9}$/.test(text) && Number(text) >= least) return Number(text);
  throw new UsageError(`${option} ${text} is not a whole number from ${least}`);
}

function commandOf(words: readonly string[]): readonly string[] {
  if (words.length === 0) throw new UsageError('no command after --');
  return words;
}
