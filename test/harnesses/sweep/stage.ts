/**
 * A run of the sweep: N sessions of the vendors' own CLIs on one daemon and one fake model, families in
 * turn, from their start to what the invariants say. A part of it that takes too long, or in which somebody
 * ends too early, ends the run: what is missing then counts as lost.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { emit } from 'waitbus';
import { askDaemon } from '../../../cli/src/client/ask-daemon.js';
import { castOf, type Role } from '../../../cli/src/stress/cast.js';
import type { StepResult } from '../../../cli/src/stress/step-form.js';
import { startedBy } from '../../support/processes-of.js';
import { Sandbox, WAITBUS } from '../../support/sandbox.js';
import { FakeModel } from '../model/server.js';
import { startReal } from '../real.js';
import type { RealHarness } from '../versions.js';
import { nanoseconds } from './journal.js';
import { isThrough, isWokenByHook, playerOf, PREFIX } from './player.js';
import { report, type Actor } from './report.js';

const PART_LIMIT_MS = 4 * 60_000;
/** How often the daemon is asked who waits; nothing else is asked again and again. */
const LOOK_MS = 50;

export async function play(families: readonly RealHarness[], count: number): Promise<StepResult> {
  await using sandbox = new Sandbox();
  const begin = performance.now();
  const roles = castOf(families, count, Math.max(1, Math.floor(count / 5)));
  const gate = gateFor(count);
  const scenarios = new Map(
    roles.map((role) => {
      const victims = roles.filter(({ victim }) => victim).length;
      const name = PREFIX + role.short;
      const part = { role, name, others: count - 1, victims, env: sandbox.env, gate: gate.arrive };
      return [name, playerOf(part)];
    }),
  );
  await using model = await FakeModel.start(
    (turn) => scenarios.get(turn.agent)?.(turn) ?? { kind: 'fail', status: 400 },
  );
  const daemon = await sandbox.daemon();
  let daemonEnd: string | null = null;
  void daemon.ended.then(({ code, signal, stderr }) => {
    daemonEnd = `ended with ${code ?? signal}: ${stderr.slice(-400)}`;
  });
  const actors: Actor[] = [];
  for (const role of roles) actors.push(await enter(sandbox, model, role));

  const kills = new Map<string, bigint>();
  const tooEarly = Promise.race([daemon.ended, ...actors.map(({ real }) => real.running.ended)]);
  const parts: readonly Part[] = [
    { what: 'all are about to wait', go: () => gate.opened, early: tooEarly },
    { what: 'all wait', go: (signal) => allWait(sandbox, roles, signal), early: tooEarly },
    { what: 'the seed is in the log', go: () => seed(sandbox), early: tooEarly },
    { what: 'all have all reactions', go: () => allThrough(model, actors), early: tooEarly },
    {
      what: 'all have ended',
      go: () => {
        kill(actors, kills);
        return Promise.all(actors.map(({ real }) => real.running.ended));
      },
    },
  ];
  let missed: string | null = null;
  for (const part of parts) {
    if (await comesTrue(part)) continue;
    missed = part.what;
    break;
  }
  const seconds = (performance.now() - begin) / 1000;
  const result = await report({ sandbox, model, families, actors, kills, missed, seconds });
  await clear(actors);
  if (daemonEnd === null) return result;
  return { ...result, last_words: { ...result.last_words, daemon: daemonEnd } };
}

interface Part {
  readonly what: string;
  readonly go: (signal: AbortSignal) => Promise<unknown>;
  /** When this comes first, there is no hope of it. */
  readonly early?: Promise<unknown>;
}

async function comesTrue({ go, early }: Part): Promise<boolean> {
  const over = new AbortController();
  const { signal } = over;
  const late = pause(PART_LIMIT_MS, false, { signal }).catch(() => false);
  const others = early === undefined ? [late] : [late, early.then(() => false)];
  const came = await Promise.race([go(signal).then(() => true), ...others]);
  over.abort();
  return came;
}

async function enter(sandbox: Sandbox, model: FakeModel, role: Role): Promise<Actor> {
  const name = PREFIX + role.short;
  const real = await startReal(sandbox, model, role.family as RealHarness, {
    agent: name,
    prompt: 'Wait for the seed, and say what you hear.',
    under: [process.execPath, WAITBUS, 'run', '--name', name, '--'],
  });
  const actor: Actor = { role, name, real, ended: null };
  void real.running.ended.then((ended) => (actor.ended = ended));
  return actor;
}

function gateFor(count: number) {
  let missing = count;
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  const arrive = () => {
    missing -= 1;
    if (missing === 0) open();
    return opened;
  };
  return { opened, arrive };
}

/**
 * The daemon counts as a subscriber each wait of a tool, and of each hook that holds, each watch of its
 * session: the seed, and the messages that every session has.
 */
async function allWait({ paths }: Sandbox, roles: readonly Role[], signal: AbortSignal) {
  const counts = roles.map(({ family }) => (isWokenByHook(family) ? 2 : 1));
  const all = counts.reduce((sum: number, one) => sum + one, 0);
  while (!signal.aborted) {
    const status = await askDaemon(paths, { op: 'status' });
    if (Number(status?.['subscribers']) === all) return;
    await pause(LOOK_MS);
  }
}

async function seed(sandbox: Sandbox): Promise<void> {
  const fields = { phase: 'seed', round: '0', msg_from: 'seeder' };
  const receipt = await emit({ source: 'agent', event_type: 'seeded', fields }, sandbox);
  if (receipt.results[0]?.inserted !== true) throw new Error(`no seed: ${JSON.stringify(receipt)}`);
}

async function allThrough(model: FakeModel, actors: readonly Actor[]): Promise<void> {
  for (const { name, role } of actors) {
    await model.request(
      ({ turn, step }) =>
        turn.agent === name && (role.victim ? step.kind === 'hang' : isThrough(step)),
    );
  }
}

/** The harnesses and all that they started; `waitbus run` stays, and tells of it. */
function kill(actors: readonly Actor[], kills: Map<string, bigint>): void {
  for (const actor of actors.filter(({ role }) => role.victim)) {
    const pids = startedBy(actor.real.running.child.pid ?? 0);
    kills.set(actor.name, nanoseconds(performance.timeOrigin + performance.now()));
    for (const pid of pids) killIfThere(pid);
  }
}

/** Those that are still there hold the pipes by which the sandbox sees them end. */
async function clear(actors: readonly Actor[]): Promise<void> {
  for (const { real, ended } of actors) {
    const { pid } = real.running.child;
    if (ended === null && pid !== undefined) for (const one of startedBy(pid)) killIfThere(one);
  }
  await Promise.all(actors.map(({ real }) => real.running.ended));
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
