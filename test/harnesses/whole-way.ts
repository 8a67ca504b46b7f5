/**
 * One whole way of a real harness with our hooks: it starts, writes a file, waits inside the turn with the
 * tool of MCP, watches for something, ends its turn, and is woken by it.
 */
import { join } from 'node:path';
import { Sandbox } from '../support/sandbox.js';
import type { Outcome } from './drivers/driver.js';
import { lines, object, text, type JsonObject } from './json.js';
import { toolNamed, type Scenario, type Turn } from './model/scenario.js';
import { FakeModel } from './model/server.js';
import { sum, type Usage } from './model/usage.js';
import { startReal } from './real.js';
import type { RealHarness } from './versions.js';
import { isWoken, watcher, WAITING } from './watcher.js';

/** What the session watches for. */
const PEER = ['event_type="agent_failed"', 'fields.msg_from="peer"'];
const TOLD = ['--source', 'agent', '--event-type', 'agent_failed', '--field', 'msg_from=peer'];
const TURN_ENDS = ['--match', 'event_type="agent_finished"', '--match', 'fields.scope="turn"'];

export interface Way {
  readonly code: number | null;
  readonly stderr: string;
  readonly outcome: Outcome;
  /** Of the log, by the session: `agent_finished turn` and the like, in order. */
  readonly told: readonly string[];
  /** The requests in which the model was first given the event: once, if all is well. */
  readonly wakes: number;
  /** From the commit of the event to the model's request, in milliseconds; null: it was not woken. */
  readonly latencyMs: number | null;
  /** What the tool `wait` answered the model; null: it was not offered. */
  readonly waited: string | null;
  /** What the model said that its turns cost. */
  readonly made: Usage;
}

/** @param wakes whether this harness can be woken at the end of a turn when it is run so */
export async function goWholeWay(name: RealHarness, wakes: boolean): Promise<Way> {
  await using sandbox = new Sandbox();
  const work = join(sandbox.directory, `work-${name}`);
  const scenario = withWait(watcher(name, work, PEER, sandbox.env));
  await using model = await FakeModel.start(scenario);
  await sandbox.daemon();
  const { running, driver } = await startReal(sandbox, model, name, {
    prompt: 'Wait for the peer.',
  });
  const asked = model.request(({ step }) => step.kind === 'say' && step.text === WAITING);
  await Promise.race([asked, running.ended]);
  if (wakes) {
    const args = [
      'wait',
      '--source',
      'agent',
      ...TURN_ENDS,
      '--since',
      'start',
      '--timeout',
      '30s',
    ];
    await sandbox.run(args);
    await sandbox.run(['emit', ...TOLD]);
  }
  const { code, stdout, stderr } = await running.ended;
  const log = lines((await sandbox.run(['log', '--since', 'start', '--json'])).stdout);
  const turns = model.turnsOf(name);
  const woken = turns.filter(({ turn }) => isWoken(turn));
  const at = Number(text(log.find(isPeers)?.['received_at'])) / 1e6;
  return {
    code,
    stderr,
    outcome: driver.read(stdout),
    told: log.filter((event) => !isPeers(event)).map(nameOf),
    wakes: woken.length,
    latencyMs: woken[0] === undefined || !(at > 0) ? null : woken[0].at - at,
    waited: turns.flatMap(({ turn }) => waitedIn(turn)).at(-1) ?? null,
    made: sum(turns.flatMap((one) => one.usage ?? [])),
  };
}

/** The first thing it does is to wait for its own start, which is in the log. */
function withWait(then: Scenario): Scenario {
  return (turn) => {
    const wait = toolNamed(turn, 'wait');
    if (wait === null) return then(turn);
    const tools = turn.said.filter((one) => one.by === 'tool');
    if (tools.length === 0) {
      const match = ['event_type="agent_started"'];
      const args = { match, source: 'agent', since: 'start', timeout_s: 20 };
      return { kind: 'call', tool: wait, args };
    }
    return then({ ...turn, said: turn.said.filter((one) => one !== tools[0]) });
  };
}

function waitedIn(turn: Turn): string[] {
  if (toolNamed(turn, 'wait') === null) return [];
  const first = turn.said.find((one) => one.by === 'tool');
  return first === undefined ? [] : [first.text];
}

function isPeers(event: JsonObject): boolean {
  return text(object(event['fields'])['msg_from']) === 'peer';
}

function nameOf(event: JsonObject): string {
  return `${text(event['event_type'])} ${text(object(event['fields'])['scope'])}`;
}
