/**
 * One whole way of a real harness with our hooks: it starts, waits inside the turn with the tool of MCP,
 * writes a file, watches for something, ends its turn, and is woken by it.
 */
import { join } from 'node:path';
import { Sandbox } from '../support/sandbox.js';
import { arrivalOf, type Arrival } from './arrivals.js';
import type { Outcome } from './drivers/driver.js';
import { object, text, type JsonObject } from './json.js';
import { somebodyListens, turnsEnded, wholeLog } from './listening.js';
import { callOf, searchesIn, toolNamed, type Scenario } from './model/scenario.js';
import { FakeModel, type Asked } from './model/server.js';
import { sum, type Usage } from './model/usage.js';
import { startReal } from './real.js';
import type { RealHarness } from './versions.js';
import { WAITING, watcher } from './watcher.js';

/** What the session waits for inside its turn, and what it watches for behind it. */
const EARLY = { from: 'early-peer', mark: 'came in mid-turn' };
const LATE = { from: 'late-peer', mark: 'came at the end' };

export interface Way {
  readonly code: number | null;
  readonly stderr: string;
  readonly outcome: Outcome;
  /** Of the log, by the session: `agent_finished turn` and the like, in order. */
  readonly told: readonly string[];
  /** By the tool `wait`; null: the model was not offered it. */
  readonly midTurn: Arrival | null;
  /** How often the tool had to be looked for first. */
  readonly searches: number;
  /** By the hook that holds the turn. */
  readonly endOfTurn: Arrival;
  /** What the model said that its turns cost. */
  readonly made: Usage;
}

/** @param wakes whether this harness can be woken at the end of a turn when it is run so */
export async function goWholeWay(name: RealHarness, wakes: boolean): Promise<Way> {
  await using sandbox = new Sandbox();
  const work = join(sandbox.directory, `work-${name}`);
  const scenario = withWait(watcher(name, work, matches(LATE.from), sandbox.env));
  await using model = await FakeModel.start(scenario);
  await sandbox.daemon();
  const { running, driver } = await startReal(sandbox, model, name, {
    prompt: 'Wait for the peer.',
  });
  const untilAsked = (isIt: (asked: Asked) => boolean) =>
    Promise.race([model.request(isIt), running.ended.then(() => null)]);

  const called = await untilAsked(({ step }) => isEnd(step) || isWait(step));
  if (called !== null && isWait(called.step)) await tell(sandbox, EARLY);
  await untilAsked(({ step }) => isEnd(step));
  if (wakes) {
    await turnsEnded(sandbox);
    await tell(sandbox, LATE);
  }
  const { code, stdout, stderr } = await running.ended;
  const log = await wholeLog(sandbox);
  const turns = model.turnsOf(name);
  return {
    code,
    stderr,
    outcome: driver.read(stdout),
    told: log.filter((event) => text(object(event['fields'])['harness']) === name).map(nameOf),
    midTurn: turns.some(({ step }) => isWait(step)) ? arrivalOf(EARLY.mark, turns, log) : null,
    searches: Math.max(0, ...turns.map(({ turn }) => searchesIn(turn))),
    endOfTurn: arrivalOf(LATE.mark, turns, log),
    made: sum(turns.flatMap((one) => one.usage ?? [])),
  };
}

/** Told while the tool, or the hook, holds the turn. */
async function tell(sandbox: Sandbox, { from, mark }: typeof EARLY): Promise<void> {
  await somebodyListens(sandbox);
  const event = [
    '--source',
    'agent',
    '--event-type',
    'agent_failed',
    '--field',
    `msg_from=${from}`,
  ];
  const { code, stderr } = await sandbox.run(['emit', ...event, '--summary', mark]);
  if (code !== 0) throw new Error(`it is not told: ${stderr}`);
}

function matches(from: string): string[] {
  return ['event_type="agent_failed"', `fields.msg_from="${from}"`];
}

/** Before anything else it waits with the tool. */
function withWait(then: Scenario): Scenario {
  return (turn) => {
    const first = turn.said.find((one) => one.by === 'tool');
    if (first === undefined) {
      const args = { match: matches(EARLY.from), source: 'agent', timeout_s: 40 };
      const wait = callOf(turn, 'wait', args);
      if (wait !== null) return wait;
    }
    if (toolNamed(turn, 'wait') === null) return then(turn);
    return then({ ...turn, said: turn.said.filter((one) => one !== first) });
  };
}

function isWait(step: Asked['step']): boolean {
  return step.kind === 'call' && 'timeout_s' in step.args;
}

function isEnd(step: Asked['step']): boolean {
  return step.kind === 'say' && step.text === WAITING;
}

function nameOf(event: JsonObject): string {
  return `${text(event['event_type'])} ${text(object(event['fields'])['scope'])}`;
}
