/** What is made of a run of the sweep once it is over: journals, log, invariants and latencies. */
import type { Role } from '../../../cli/src/stress/cast.js';
import { checkAll, type Logged } from '../../../cli/src/stress/invariants.js';
import { latenciesOf } from '../../../cli/src/stress/latency.js';
import type { StepResult } from '../../../cli/src/stress/step-form.js';
import type { Ended, Sandbox } from '../../support/sandbox.js';
import { lines, object, text, type JsonObject } from '../json.js';
import type { FakeModel } from '../model/server.js';
import type { RealRun } from '../real.js';
import type { RealHarness } from '../versions.js';
import { journalOf, seenBy } from './journal.js';
import { checkMore } from './more-invariants.js';
import { PREFIX } from './player.js';

const LAST_WORDS = 400;

export interface Actor {
  readonly role: Role;
  readonly name: string;
  readonly real: RealRun;
  /** Null as long as it runs. */
  ended: Ended | null;
}

export interface Run {
  readonly sandbox: Sandbox;
  readonly model: FakeModel;
  readonly families: readonly RealHarness[];
  readonly actors: readonly Actor[];
  /** When each victim was killed, in nanoseconds since the epoch. */
  readonly kills: ReadonlyMap<string, bigint>;
  /** What did not come true; null when the run was played to its end. */
  readonly missed: string | null;
  readonly seconds: number;
}

export async function report(run: Run): Promise<StepResult> {
  const { sandbox, model, families, actors, kills, missed, seconds } = run;
  const { code, stdout, stderr } = await sandbox.run(['log', '--since', 'start', '--json']);
  if (code !== 0) throw new Error(`the log cannot be read: ${stderr}`);
  const events = lines(stdout).filter(isOfRun);
  const log = events.map(loggedOf);
  const sent = new Map(
    events
      .filter((event) => loggedOf(event).phase === 'seed')
      .map((event) => [text(event['event_id']), BigInt(Number(event['received_at']))]),
  );
  const players = actors.map(({ role, name, ended }) => {
    const turns = model.turnsOf(name);
    const { family, victim } = role;
    const notes = journalOf(turns, sent);
    const seen = seenBy(turns);
    return { name, family, victim, notes, seen, damaged: 0, exit: ended?.code ?? null };
  });
  const happened = { players, log, rounds: 1, killed: kills.size > 0, families };
  return {
    n: actors.length,
    rounds: 1,
    seconds,
    agents: actors.map(({ name, role }) => ({
      name,
      family: role.family,
      killed: kills.has(name),
    })),
    invariants: [...checkAll(happened), ...checkMore(players, log)],
    latency: latenciesOf(players, families, kills),
    entries: [],
    stopped: null,
    last_words: { ...lastWords(actors), ...(missed === null ? {} : { run: `not so: ${missed}` }) },
  };
}

/** The seed, the reactions, and the deaths that `waitbus run` tells of; sessions have names of their own. */
function isOfRun(event: JsonObject): boolean {
  const { from, type, phase } = loggedOf(event);
  return phase !== '' || (type === 'agent_failed' && from.startsWith(PREFIX));
}

function loggedOf(event: JsonObject): Logged {
  const fields = object(event['fields']);
  return {
    id: text(event['event_id']),
    type: text(event['event_type']),
    from: text(fields['msg_from']),
    phase: text(fields['phase']),
    round: Number(text(fields['round']) || 0),
  };
}

function lastWords(actors: readonly Actor[]): Record<string, string> {
  const odd = actors.filter(({ role, ended }) => !role.victim && ended?.code !== 0);
  return Object.fromEntries(
    odd.map(({ name, ended }) => [
      name,
      ended === null
        ? 'did not end'
        : `${ended.code ?? ended.signal}: ${ended.stderr.trim().slice(-LAST_WORDS)}`,
    ]),
  );
}
