/** The arguments of `waitbus watch`, as what is to be done. Pure but for reading the clock it is given. */
import { parseArgs } from 'node:util';
import { NAME_VARIABLE, checkAgentName, ownName } from '../client/agent-name.js';
import { requestFor } from '../client/goal.js';
import { cursorSince } from '../client/since.js';
import type { WatchRequest } from '../client/watches.js';
import { UsageError } from '../terminal/exit.js';
import { directoryOf } from '../working-directory.js';
import { timeoutOf } from './timeout.js';
import { whatToWaitFor } from './wait-goal.js';
import { wholeNumber } from './whole-number.js';

export interface WatchPlan {
  /** Whose; undefined only with --list, for everybody's. */
  readonly name: string | undefined;
  readonly act:
    | { readonly kind: 'list' }
    | { readonly kind: 'remove'; readonly watch: string | undefined }
    | { readonly kind: 'watch' | 'take' };
  /** What to register; null: nothing, for a take from what is registered. */
  readonly request: WatchRequest | null;
  /** Of a take, in milliseconds; undefined: no limit. */
  readonly timeoutMs: number | undefined;
  readonly max: number | undefined;
  readonly json: boolean;
  readonly autostart: boolean | null;
}

const OPTIONS = {
  for: { type: 'string' },
  match: { type: 'string', multiple: true },
  source: { type: 'string', multiple: true },
  'first-of': { type: 'string', multiple: true },
  repo: { type: 'string' },
  since: { type: 'string' },
  cwd: { type: 'string' },
  list: { type: 'boolean' },
  remove: { type: 'boolean' },
  take: { type: 'boolean' },
  timeout: { type: 'string' },
  max: { type: 'string' },
  json: { type: 'boolean' },
  'no-autostart': { type: 'boolean' },
} as const;

/** The most that the daemon gives in one take. */
const MAX_TAKEN = 64;

const WHAT = ['match', 'source', 'first-of', 'repo', 'since', 'cwd'] as const;
const OF_TAKE = ['timeout', 'max'] as const;

export interface Around {
  readonly env: NodeJS.ProcessEnv;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** @throws UsageError, or WaitbusError WAITBUS_BAD_NAME, WAITBUS_BAD_PREDICATE */
export function parseWatch(args: readonly string[], { env, now }: Around): WatchPlan {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: OPTIONS,
    allowPositionals: true,
    strict: true,
  });
  const { list = false, remove = false, take = false } = values;
  const acts = Object.entries({ list, remove, take }).filter(([, is]) => is);
  if (acts.length > 1)
    throw new UsageError(`${acts.map(([act]) => `--${act}`).join(' and ')} exclude each other`);
  const says = WHAT.find((option) => values[option] !== undefined);
  if ((list || remove) && says !== undefined)
    throw new UsageError(`--${says} says what to watch: leave it out`);
  const ofTake = OF_TAKE.find((option) => values[option] !== undefined);
  if (!take && ofTake !== undefined) throw new UsageError(`--${ofTake} goes with --take`);
  if (positionals.length > (remove ? 1 : 0))
    throw new UsageError(`${positionals.at(-1)} is not an option`);
  const name = list ? nameOrAll(values.for, env) : ownName(values.for, '--for', env);
  const isAsked = !list && !remove && (!take || says !== undefined);
  const max = values.max === undefined ? undefined : wholeNumber('--max', values.max, 1);
  if (max !== undefined && max > MAX_TAKEN)
    throw new UsageError(`--max ${max} is over ${MAX_TAKEN}`);
  return {
    name,
    act: list
      ? { kind: 'list' }
      : remove
        ? { kind: 'remove', watch: positionals[0] }
        : { kind: take ? 'take' : 'watch' },
    request: isAsked && name !== undefined ? { name, ...whatToWatch(values, now) } : null,
    timeoutMs: timeoutOf(values.timeout),
    max,
    json: values.json === true,
    autostart: values['no-autostart'] === true ? false : null,
  };
}

/** The name that is given or set; without one, everybody. */
export function nameOrAll(given: string | undefined, env: NodeJS.ProcessEnv): string | undefined {
  const name = given ?? env[NAME_VARIABLE];
  return name === undefined || name === '' ? undefined : checkAgentName(name);
}

interface What {
  readonly match?: string[] | undefined;
  readonly source?: string[] | undefined;
  readonly 'first-of'?: string[] | undefined;
  readonly repo?: string | undefined;
  readonly since?: string | undefined;
  readonly cwd?: string | undefined;
}

function whatToWatch(values: What, now: number): Omit<WatchRequest, 'name'> {
  const { since, match, source, repo, cwd } = values;
  const firstOf = values['first-of'];
  if (match === undefined && source === undefined && firstOf === undefined)
    throw new UsageError('say what to watch: --match, --source or --first-of');
  const options = { match, source, repo, 'first-of': firstOf };
  const { goal, filters } = whatToWaitFor(options, '');
  const asked = requestFor(goal);
  if (since !== undefined && cursorSince(since, now) === null)
    throw new UsageError(`--since ${since} is not an event id, a duration such as 10m, or start`);
  // For other sources a directory means nothing, and from each one it would be a watch of its own.
  const hasFiles = asked.sources?.includes('fs') === true;
  const directory = cwd === undefined && !hasFiles ? undefined : directoryOf(cwd);
  return {
    ...(asked.match === undefined ? {} : { match: asked.match }),
    ...(asked.anyOf === undefined ? {} : { anyOf: asked.anyOf }),
    ...(asked.sources === undefined ? {} : { sources: asked.sources }),
    ...(filters === null ? {} : { filters }),
    ...(directory === undefined ? {} : { cwd: directory }),
    ...(since === undefined ? {} : { since }),
  };
}
