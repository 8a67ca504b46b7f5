/** `waitbus watch`: what an agent is to be woken by, kept under its name; and, for shells, taking it. */
import { plainLine, stringifyJson } from '@waitbus/plugin-sdk/envelope';
import type { ReachOptions } from '../client/reach.js';
import type { SourceStateFrame } from '../client/stream.js';
import {
  listWatches,
  registerWatch,
  removeWatch,
  takeWakes,
  type Taken,
  type WatchInfo,
} from '../client/watches.js';
import { codeOf, Signals } from '../run/command.js';
import { EXIT, print, say } from '../terminal/exit.js';
import { printed } from '../terminal/print.js';
import { tableLines } from '../terminal/table.js';
import { lineOf } from './log.js';
import { parseWatch, type WatchPlan } from './parse-watch.js';

export async function run(args: readonly string[]): Promise<number> {
  const around = { env: process.env, now: Date.now() };
  const plan = parseWatch(args, around);
  const options = plan.autostart === null ? {} : { autostart: plan.autostart };
  const { act, name = '', request } = plan;
  if (act.kind === 'list') return list(plan, options);
  if (act.kind === 'remove') return remove(name, act.watch, options);
  if (request !== null) {
    const made = await registerWatch(request, options);
    if (act.kind === 'watch') return registered(made, plan.json);
  }
  return take(plan, name, options);
}

function registered(made: WatchInfo, json: boolean): number {
  print(json ? stringifyJson(made) : made.watch);
  say(`waitbus watch: ${made.name} is woken by ${whatOf(made)}`);
  return EXIT.ok;
}

async function list({ name, json }: WatchPlan, options: ReachOptions): Promise<number> {
  const watches = await listWatches(name, options);
  const rows = watches.map((one) => {
    const since = new Date(one.created_at).toISOString();
    return [one.watch, one.name, `since ${since}`, whatOf(one)].map(plainLine);
  });
  for (const line of json ? watches.map(stringifyJson) : tableLines(rows)) print(line);
  if (watches.length === 0) say(`waitbus watch: nothing is watched${forWhom(name)}`);
  return EXIT.ok;
}

async function remove(name: string, watch: string | undefined, options: ReachOptions) {
  const count = await removeWatch(name, watch, options);
  if (count === 0) {
    if (watch === undefined) say(`waitbus watch: nothing is watched for ${name}`);
    else {
      say(`waitbus watch: ${name} has no such watch`);
      say(`  waitbus watch --list --for ${name} shows those that it has`);
    }
    return EXIT.failure;
  }
  say(`waitbus watch: ${count === 1 ? 'a watch' : `${count} watches`} of ${name} removed`);
  return EXIT.ok;
}

async function take(plan: WatchPlan, name: string, options: ReachOptions): Promise<number> {
  const signals = new Signals();
  const stop = new AbortController();
  void signals.first.then(() => stop.abort());
  const { timeoutMs = Infinity, max } = plan;
  const limits = { timeoutMs, signal: stop.signal, ...(max === undefined ? {} : { max }) };
  const onSource = ({ source, state, detail, remedy }: SourceStateFrame) => {
    if (state === 'starting' || state === 'running') return;
    say(`waitbus watch: source ${source} wakes nobody, it is ${state}: ${detail}`);
    if (remedy !== '') say(`  ${remedy}`);
  };
  const taken = await takeWakes(name, { ...options, ...limits, onSource });
  try {
    if (taken.gap !== null) {
      say(
        `waitbus watch: retention removed events up to ${taken.gap.floor} before they could wake ${name}`,
      );
    }
    if (taken.events.length === 0 && taken.gap === null) {
      if (signals.received !== null) return codeOf(signals.received);
      say(`waitbus watch: nothing came for ${name}`);
      return EXIT.timeout;
    }
    return await hand(taken, plan.json);
  } finally {
    taken.close();
  }
}

/** They woke their taker once they are written: whoever reads no more has them given again. */
async function hand(taken: Taken, json: boolean): Promise<number> {
  const lines = taken.events.map((event) => (json ? stringifyJson(event) : lineOf(event)));
  if (!(await printed(lines))) return EXIT.failure;
  await taken.woke();
  return EXIT.ok;
}

function whatOf({ match = [], any_of: anyOf = [], sources = [], filters = [], cwd }: WatchInfo) {
  return [
    ...sources.map((source) => `--source ${source}`),
    ...match.map((one) => `--match '${one}'`),
    ...(anyOf.length === 0 ? [] : [anyOf.map((all) => all.join(' and ')).join(', or ')]),
    ...filters.map((filter) => `--repo ${filter}`),
    ...(cwd === undefined ? [] : [`--cwd ${cwd}`]),
  ].join(' ');
}

function forWhom(name: string | undefined): string {
  return name === undefined ? '' : ` for ${name}`;
}
