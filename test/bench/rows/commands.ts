/**
 * The commands, cold, as a shell runs them, in turn with bare Node: from spawn to exit, from spawn to
 * armed, and from an event to the end of the process that waited for it.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { WAITBUS } from '../../support/sandbox.js';
import { WireClient } from '../../support/wire.js';
import type { Bench } from '../bench.js';
import { addFigure, check, medianOf, newRow, type Row } from '../rows.js';
import { startBroker, type Broker } from '../systems/brokers.js';
import { eventText, nowNs } from '../systems/event.js';

const GROUP = 'commands';
const BARE = 'bare node -e 0';
const EMIT_OVER_BARE_MS = 40;
const ARMED_OVER_BARE_MS = 50;
/** What a turn of a coding agent waits for. */
const HOOK_OVER_BARE_MS = 75;
const EVENT_TO_GONE_MS = 15;

/** Of Claude Code, as its documentation has it. */
const HOOK_INPUT = JSON.stringify({ session_id: 'bench', hook_event_name: 'Stop' });

export async function commands(bench: Bench): Promise<Row[]> {
  const emit = newRow(GROUP, 'waitbus emit, cold', 'ms', BARE);
  const armed = newRow(GROUP, 'waitbus wait, until acknowledged', 'ms', BARE);
  const hook = newRow(GROUP, 'waitbus hook at the end of a turn, cold', 'ms', BARE);
  const gone = newRow(GROUP, 'event to the end of a waitbus wait', 'ms');
  await using broker = await startBroker('waitbus');
  const client = await WireClient.open(broker.address);
  for (let turn = 0; turn < bench.plan.commands; turn += 1) {
    const bare = { value: await bareNode(broker) };
    addFigure(emit, 'floor', bare);
    addFigure(armed, 'floor', bare);
    addFigure(hook, 'floor', bare);
    addFigure(hook, 'waitbus', { value: await hookCommand(broker) });
    addFigure(emit, 'waitbus', { value: await emitCommand(broker) });
    const wait = await waitCommand(broker, client, turn);
    addFigure(armed, 'waitbus', { value: wait.armed });
    addFigure(gone, 'waitbus', { value: wait.gone });
  }
  client.close();
  checkOver(emit, EMIT_OVER_BARE_MS);
  checkOver(armed, ARMED_OVER_BARE_MS);
  checkOver(hook, HOOK_OVER_BARE_MS);
  check(gone, 'ms', 'at most', EVENT_TO_GONE_MS, medianOf(gone, 'waitbus'));
  for (const row of [emit, armed, hook, gone]) {
    bench.say(`${row.name}: ${medianOf(row, 'waitbus').toFixed(1)} ms`);
  }
  return [emit, armed, hook, gone];
}

function checkOver(row: Row, limit: number): void {
  const over = medianOf(row, 'waitbus') - medianOf(row, 'floor');
  check(row, `ms over ${BARE}`, 'at most', limit, over);
}

async function bareNode(broker: Broker): Promise<number> {
  const started = nowNs();
  await exitOf(run(broker, ['-e', '0']));
  return since(started);
}

async function emitCommand(broker: Broker): Promise<number> {
  const what = ['--source', 'agent', '--event-type', 'agent_message', '--field', 'n:=1'];
  const started = nowNs();
  await exitOf(run(broker, [WAITBUS, 'emit', ...what]));
  return since(started);
}

async function hookCommand(broker: Broker): Promise<number> {
  const started = nowNs();
  const child = run(broker, [WAITBUS, 'hook', 'claude', 'Stop', '--hold', '30s'], 'pipe');
  child.stdin?.end(HOOK_INPUT);
  await exitOf(child);
  return since(started);
}

async function waitCommand(broker: Broker, client: WireClient, turn: number) {
  const what = ['--source', 'agent', '--match', `fields.n=${turn}`, '--quiet', '--ready-fd', '3'];
  const started = nowNs();
  const child = run(broker, [WAITBUS, 'wait', ...what]);
  const ended = exitOf(child);
  await Promise.race([once(child.stdio[3] as Readable, 'data'), ended]);
  const armed = since(started);
  const sent = nowNs();
  client.send({ op: 'emit', events: [JSON.parse(eventText(turn, 0))] });
  await ended;
  return { armed, gone: since(sent) };
}

function run(
  broker: Broker,
  args: readonly string[],
  stdin: 'ignore' | 'pipe' = 'ignore',
): ChildProcess {
  return spawn(process.execPath, args, {
    env: broker.box.env,
    stdio: [stdin, 'ignore', 'inherit', 'pipe'],
  });
}

async function exitOf(child: ChildProcess): Promise<void> {
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`${child.spawnargs.join(' ')} ended with ${code}`);
}

/** Milliseconds since a moment. */
function since(moment: number): number {
  return (nowNs() - moment) / 1e6;
}
