/**
 * One hook of a harness, from its input to its answer: tells the bus, and where the harness can be
 * woken or informed, finds out with what. Owns the order of these steps; what is said is the
 * harness's (`waitbus-source-agent/harnesses`), what wakes a session is the daemon's.
 */
import type { Harness, HookAnswer, HookInput, HookReport } from 'waitbus-source-agent/harnesses';
import { pathsOf, type ReachOptions } from '../client/reach.js';
import type { Wake } from '../wake/hold.js';
import { tell, wakeDaemon, withBranch } from './tell.js';
import { beginIdle, idleFile } from './while-idle.js';

export interface Wakes {
  /** From now on messages to this session wake it. Done twice, it is done once. */
  meet(name: string): Promise<void>;
  /** The session is over. */
  leave(name: string): Promise<void>;
  /** Whether it waits for something that it asked for, besides messages. */
  expects(name: string): Promise<boolean>;
  /** Waits so long; with 0 it takes what is there. */
  hold(name: string, milliseconds: number, signal?: AbortSignal): Promise<Wake | null>;
}

export interface HookRun {
  readonly harness: Harness;
  readonly input: HookInput;
  readonly holdMs: number;
  /** Wakes a session also if it was woken in this turn already. */
  readonly again: boolean;
  readonly wakes: Wakes;
  readonly reach: ReachOptions;
}

export interface HookEnd {
  readonly answer: HookAnswer;
  /** To be called once the answer is written. */
  confirm(): Promise<void>;
}

/** @returns null when the harness is to be told nothing */
export async function runHook(run: HookRun): Promise<HookEnd | null> {
  const { harness, input, wakes } = run;
  const report = harness.report(input);
  if (report === null) return null;
  const name = `${harness.name}:${report.session}`;
  const starts = speaksOf(report, 'agent_started');
  const reached = await tell(withBranch(report.events), run.reach);
  if (!reached) {
    // It takes in what is spooled; the next hook finds it.
    if (starts) wakeDaemon(run.reach);
    return null;
  }
  if (speaksOf(report, 'agent_finished')) await wakes.leave(name);
  if (!report.canWake && !report.canInform) return null;
  await wakes.meet(name);
  return report.canWake ? wakeAtEnd(run, report, name) : inform(run, report, name);
}

/** The start or end of the session itself, not of a turn or a subagent. */
function speaksOf({ events }: HookReport, type: string): boolean {
  return events.some(
    ({ event_type: told, fields }) => told === type && fields?.['scope'] === 'session',
  );
}

async function wakeAtEnd(run: HookRun, report: HookReport, name: string): Promise<HookEnd | null> {
  const { harness, input } = run;
  if (report.loop && !run.again) return null;
  const wake = report.idle ? await holdIdle(run, name) : await holdTurn(run, name);
  if (wake === null) return null;
  const answer = harness.wake(input, wake.text);
  return answer === null ? null : { answer, confirm: () => wake.confirm() };
}

/** A message is no reason to keep a user waiting for the end of a turn: it wakes if it is there. */
async function holdTurn({ wakes, holdMs }: HookRun, name: string): Promise<Wake | null> {
  const waits = holdMs > 0 && (await wakes.expects(name));
  return wakes.hold(name, waits ? holdMs : 0);
}

async function holdIdle({ wakes, holdMs, reach }: HookRun, name: string): Promise<Wake | null> {
  const turn = beginIdle(idleFile(pathsOf(reach).runtimeDir, name));
  return wakes.hold(name, holdMs, turn.signal).finally(() => turn.end());
}

async function inform(run: HookRun, report: HookReport, name: string): Promise<HookEnd | null> {
  const { harness, input, wakes } = run;
  const news = await wakes.hold(name, 0);
  const said = [
    ...(report.introduce ? [introduction(name)] : []),
    ...(news === null ? [] : [news.text]),
  ];
  const answer = said.length === 0 ? null : harness.inform(input, said.join('\n\n'));
  if (answer === null) return null;
  return { answer, confirm: async () => news?.confirm() };
}

function introduction(name: string): string {
  return `On this machine's event bus (waitbus) this session is ${name}: other agents reach it under this name, and it gives the name where a command asks who speaks, as in waitbus send NAME TEXT --from ${name}.`;
}
