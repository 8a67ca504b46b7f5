/** `waitbus stress` and `waitbus swarm-demo` as they are run: real agents, real kills, no orphans. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Verdict } from '../../cli/src/stress/verdict.js';
import { REPO, Sandbox } from '../support/sandbox.js';
import { until } from '../support/until.js';
import { processesOf } from './processes.js';

const LINUX = process.platform === 'linux' ? false : 'looks into /proc';

/** Frameworks are looked for from where the command is run. */
const WITH_FRAMEWORKS = { cwd: join(REPO, 'test') };

const runDirectories = (box: Sandbox) =>
  readdirSync(box.directory).filter((name) => name.startsWith('waitbus-swarm-'));

test('a swarm of every family on this machine hears everything once, and its deaths', async (t) => {
  await using box = new Sandbox();
  const args = [
    'stress',
    '--sweep',
    '6',
    '--kill',
    '2',
    '--duration',
    '1s',
    '--out',
    join(box.work, 'out'),
    '--json',
  ];
  const { code, stdout, stderr } = await box.waitbus(args, WITH_FRAMEWORKS).ended;
  assert.equal(code, 0, stderr);
  const verdict = JSON.parse(stdout) as Verdict;
  assert.deepEqual(
    verdict,
    JSON.parse(readFileSync(join(box.work, 'out', 'verdict.json'), 'utf8')),
  );
  const [run] = verdict.runs;
  assert.ok(run?.ok);
  assert.equal(run.agents.length, 6);
  assert.equal(run.agents.filter(({ killed }) => killed).length, 2);
  assert.equal(run.latency.seed?.count, 6 * run.rounds);
  assert.equal(run.latency.death?.count, 2 * 4);
  for (const { name, absent } of verdict.families) {
    if (absent === null) assert.ok(run.agents.some(({ family }) => family === name));
    else t.diagnostic(`absent: ${name}: ${absent}`);
  }
  assert.ok(verdict.families.filter(({ absent }) => absent === null).length >= 2);
  // The user's own bus is not touched, and nothing is left.
  assert.ok(!existsSync(box.paths.socket));
  assert.deepEqual(runDirectories(box), []);
});

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGKILL', null],
] as const) {
  test(`stress that is ended by ${signal} leaves no agent behind`, { skip: LINUX }, async () => {
    await using box = new Sandbox();
    const args = ['stress', '--sweep', '5', '--duration', '60s', '--out', 'out'];
    const stress = box.waitbus(args);
    const [directory] = await appears(() => runDirectories(box));
    const mark = `WAITBUS_SWARM_MARK=${join(box.directory, directory ?? '')}`;
    await appears(() => seedsSeen(join(box.directory, directory ?? '', 'journals')));
    // The daemon, and five agents at least.
    assert.ok(processesOf(mark).length >= 6);
    stress.child.kill(signal);
    assert.equal((await stress.ended).code, code);
    await disappears(() => [...processesOf(mark), ...runDirectories(box)]);
  });
}

test('the demo of a swarm shows five agents, a claim and a death', async () => {
  await using box = new Sandbox();
  const { code, stdout, stderr } = await box.waitbus(['swarm-demo'], WITH_FRAMEWORKS).ended;
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /20 of 20 reactions/);
  assert.match(stdout, /backed off: it is claimed by/);
  assert.equal(stdout.match(/ms after the kill/g)?.length, 4);
  assert.match(stdout, /All of it happened/);
  assert.ok(!stdout.includes('\u001b'), 'no colours when piped');
  assert.deepEqual(runDirectories(box), []);
});

test('what stress cannot do is refused before anything starts', async () => {
  await using box = new Sandbox();
  for (const args of [
    ['--sweep', '1'],
    ['--sweep', '5,x'],
    ['--duration', 'long'],
    ['--kill', '5', '--sweep', '5'],
    ['--families', 'cobol'],
    ['--budget-usd', '-1'],
  ]) {
    const { code, stderr } = await box.run(['stress', ...args]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /waitbus stress --help shows how it is used/);
  }
  assert.ok(!existsSync(join(box.work, 'waitbus-stress')));
});

/** The agents in whose journal a seed stands. */
function seedsSeen(journals: string): string[] {
  const names = existsSync(journals) ? readdirSync(journals) : [];
  return names.filter((name) => readFileSync(join(journals, name), 'utf8').includes('"seed"'));
}

async function appears(look: () => readonly string[]): Promise<readonly string[]> {
  return until(look, (found) => found.length > 0);
}

async function disappears(look: () => readonly string[]): Promise<void> {
  await until(look, (found) => found.length === 0);
}
