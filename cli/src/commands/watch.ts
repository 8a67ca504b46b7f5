/** `waitbus watch`: what an agent wants to be woken by, kept under its name, and taken from there. */
import { parseArgs } from 'node:util';
import { parsePredicate } from '@waitbus/kernel/predicate';
import { stringifyJson } from '@waitbus/plugin-sdk/envelope';
import { ownName } from '../client/agent-name.js';
import { cursorSince } from '../client/since.js';
import { parseClause, specsOf } from '../client/wait-state.js';
import {
  listWatches,
  registerWatch,
  removeWatch,
  takeWakes,
  type WatchInfo,
  type WatchRequest,
} from '../client/watches.js';
import { EXIT, print, say, UsageError } from '../terminal/exit.js';
import { lineOf } from './log.js';
import { timeoutOf } from './timeout.js';

const OPTIONS = {
  for: { type: 'string' },
  match: { type: 'string', multiple: true },
  source: { type: 'string' },
  'first-of': { type: 'string', multiple: true },
  messages: { type: 'boolean' },
  since: { type: 'string' },
  take: { type: 'boolean' },
  timeout: { type: 'string' },
  list: { type: 'boolean' },
  remove: { type: 'string' },
  json: { type: 'boolean' },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'];

export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: OPTIONS, strict: true });
  const deeds = ['list', 'remove', 'take'] as const;
  const chosen = deeds.filter((deed) => values[deed] !== undefined);
  if (chosen.length > 1) {
    throw new UsageError(`${chosen.map((deed) => `--${deed}`).join(' and ')} exclude each other`);
  }
  const json = values.json === true;
  if (values.list === true && values.for === undefined) return showAll(undefined, json);
  const name = ownName(values.for, '--for', process.env);
  if (values.list === true) return showAll(name, json);
  if (values.remove !== undefined) return remove(name, values.remove);
  if (values.take === true) return take(name, values);
  if (values.timeout !== undefined) throw new UsageError('--timeout goes with --take');
  const made = await registerWatch(requestOf(name, values));
  if (json) print(stringifyJson(made));
  else say(`${name} is woken by ${textOf(made)}`);
  return EXIT.ok;
}

/** @throws UsageError, or WaitbusError WAITBUS_BAD_PREDICATE that quotes the predicate */
function requestOf(name: string, values: Values): WatchRequest {
  const { match, source, since, messages } = values;
  const clauses = (values['first-of'] ?? []).map((text) => parseClause(text));
  const isMessages = messages === true;
  if (match === undefined && source === undefined && clauses.length === 0 && !isMessages) {
    throw new UsageError('say what wakes it: --match, --source, --first-of or --messages');
  }
  if (match !== undefined) parsePredicate(match);
  if (since !== undefined && cursorSince(since, Date.now()) === null) {
    throw new UsageError(`--since ${since} is not an event id, a duration such as 10m, or start`);
  }
  const toMe = ['event_type="agent_message"', `fields.msg_to=${JSON.stringify(name)}`];
  const anyOf = clauses.map(specsOf);
  const sources =
    source === undefined ? clauses.flatMap((clause) => clause.source ?? []) : [source];
  return {
    name,
    since,
    cwd: process.cwd(),
    ...(match === undefined && !isMessages
      ? {}
      : { match: [...(match ?? []), ...(isMessages ? toMe : [])] }),
    ...(anyOf.length === 0 ? {} : { anyOf }),
    ...(sources.length === 0 ? {} : { sources: [...new Set(sources)] }),
  };
}

async function showAll(name: string | undefined, json: boolean): Promise<number> {
  const all = await listWatches(name);
  for (const watch of all) {
    if (json) print(stringifyJson(watch));
    else print(`${watch.watch}  ${watch.name}  ${textOf(watch)}`);
  }
  if (all.length === 0)
    say(`waitbus watch: nothing is watched${name === undefined ? '' : ` for ${name}`}`);
  return EXIT.ok;
}

async function remove(name: string, which: string): Promise<number> {
  const removed = await removeWatch(name, which === 'all' ? undefined : which);
  if (removed > 0) {
    say(`${name}: ${removed === 1 ? 'a watch' : `${removed} watches`} removed`);
    return EXIT.ok;
  }
  say(`waitbus watch: ${name} has no watch ${which}`);
  say(`  waitbus watch --list --for ${name}`);
  return EXIT.failure;
}

async function take(name: string, { timeout, json }: Values): Promise<number> {
  const stop = new AbortController();
  let signalled: number | null = null;
  const onSignal = (code: number) => () => {
    signalled = code;
    stop.abort();
  };
  process.once('SIGINT', onSignal(EXIT.sigint));
  process.once('SIGTERM', onSignal(EXIT.sigterm));
  const timeoutMs = timeoutOf(timeout) ?? 0;
  const { signal } = stop;
  const taken = await takeWakes(name, { timeoutMs, signal });
  if (taken.gap !== null) say(`waitbus watch: retention removed events up to ${taken.gap.floor}`);
  const lines = taken.events.map((event) => (json === true ? stringifyJson(event) : lineOf(event)));
  // Not woke before it is out: who was killed amid the write has them again.
  if (lines.length > 0) {
    await new Promise<void>((resolve) =>
      process.stdout.write(`${lines.join('\n')}\n`, () => resolve()),
    );
    await taken.woke();
  }
  taken.close();
  if (signalled !== null) return signalled;
  if (lines.length > 0) return EXIT.ok;
  say(`waitbus watch: nothing for ${name}${timeoutMs > 0 ? ' in time' : ''}`);
  return EXIT.timeout;
}

function textOf({ match = [], any_of: anyOf = [], sources = [] }: WatchInfo): string {
  const all = [
    ...sources.map((source) => `--source ${source}`),
    ...match,
    ...(anyOf.length === 0 ? [] : [anyOf.map((each) => each.join(' and ')).join(' or ')]),
  ];
  return all.length === 0 ? 'every event' : all.join(' and ');
}
