/** How a wait ends: the exit code is the answer, and stderr says why. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Sandbox } from '../support/sandbox.js';
import { armedWait, assertExit, emitAgent } from './verbs.js';

const FAILED = ['--field', 'conclusion=failure'];

test('a wait on a predicate ends with 0 on the event that meets it, and not before', async () => {
  await using box = new Sandbox();
  const wait = await armedWait(box, '--source', 'agent', '--match', 'fields.n=2', '--json');
  await emitAgent(box, '--field', 'n:=1');
  await emitAgent(box, '--field', 'n="2"');
  const id = await emitAgent(box, '--field', 'n:=2');
  const ended = await wait.ended;
  assertExit(ended, 0);
  assert.equal((JSON.parse(ended.stdout) as { event_id: string }).event_id, id);
});

test('a timeout ends with 124 and names what is outstanding, verbatim', async () => {
  await using box = new Sandbox();
  const clauses = ['agent:fields.msg_from = "claude"', 'agent:event_type="agent_failed"'];
  const wait = await armedWait(
    box,
    ...clauses.flatMap((clause) => ['--all-of', clause]),
    '--timeout',
    '2s',
  );
  await emitAgent(box, '--field', 'msg_from=claude');
  const ended = await wait.ended;
  assertExit(ended, 124);
  const outstanding = ended.stderr.split('still waiting for:\n')[1];
  assert.equal(outstanding, '  agent:event_type="agent_failed"\n');
  assert.equal(ended.stdout, '');
});

test('a timeout of a plain wait quotes its options as they were typed', async () => {
  await using box = new Sandbox();
  const spec = 'fields.conclusion  =  "failure"';
  const ended = await box.run(['wait', '--source', 'agent', '--match', spec, '--timeout', '100ms']);
  assertExit(ended, 124);
  assert.ok(ended.stderr.includes(`  --source agent --match '${spec}'\n`), ended.stderr);
});

for (const timeout of ['0', '1ms', '30ms', '60ms', '90ms']) {
  test(`a timeout of ${timeout} holds even while the daemon is still being started`, async () => {
    await using box = new Sandbox();
    assertExit(await box.run(['wait', '--source', 'agent', '--timeout', timeout]), 124);
    // The daemon may be on its way still: once this is answered, it can be ended.
    await emitAgent(box);
  });
}

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test(`${signal} ends a wait with ${code}`, async () => {
    await using box = new Sandbox();
    const wait = await armedWait(box, '--source', 'agent');
    wait.child.kill(signal);
    const ended = await wait.ended;
    assertExit(ended, code);
    assert.equal(ended.stdout, '');
  });
}

test('an unknown source ends with 2 at once, and names the remedy', async () => {
  await using box = new Sandbox();
  const ended = await box.run(['wait', '--source', 'nosuch', '--timeout', '1h']);
  assertExit(ended, 2);
  assert.match(
    ended.stderr,
    /source nosuch is not installed; there are: agent, alertmanager, docker/,
  );
  assert.match(ended.stderr, /\n {2}waitbus plugin list lists the sources/);
});

test('an unknown source in one clause of several ends with 2 at once', async () => {
  await using box = new Sandbox();
  const ended = await box.run(['wait', '--first-of', 'agent:', '--first-of', 'nosuch:fields.a=1']);
  assertExit(ended, 2);
  assert.match(ended.stderr, /nosuch is not installed/);
});

test('--sha refuses what is no commit, and wants a repository', async () => {
  await using box = new Sandbox();
  const repo = ['--repo', 'owner/repo'];
  for (const sha of ['7f3a1b', 'g'.repeat(8), 'a'.repeat(41), '', '7f3a1b2 ']) {
    const refused = await box.run(['wait', '--sha', sha, ...repo]);
    assertExit(refused, 2);
    assert.match(refused.stderr, /is not 7 to 40 hex digits/);
  }
  const homeless = await box.run(['wait', '--sha', '7f3a1b2']);
  assertExit(homeless, 2);
  assert.match(homeless.stderr, /--sha needs --repo owner\/repo/);
});

test('--verdict makes 1 of a failed conclusion and 0 of every other', async () => {
  await using box = new Sandbox();
  for (const [conclusion, code] of [
    ['failure', 1],
    ['cancelled', 1],
    ['timed_out', 1],
    ['success', 0],
    ['neutral', 0],
  ] as const) {
    const wait = await armedWait(box, '--source', 'agent', '--verdict');
    await emitAgent(box, '--field', `conclusion=${conclusion}`);
    assertExit(await wait.ended, code);
  }
});

test('without --verdict a failed conclusion is what was waited for: 0', async () => {
  await using box = new Sandbox();
  const wait = await armedWait(box, '--match', 'fields.conclusion="failure"');
  await emitAgent(box, ...FAILED);
  assertExit(await wait.ended, 0);
});

test('--verdict with --all-of is 1 when any of the events failed', async () => {
  await using box = new Sandbox();
  const wait = await armedWait(
    box,
    '--verdict',
    '--all-of',
    'agent:fields.n=1',
    '--all-of',
    'agent:fields.n=2',
  );
  await emitAgent(box, '--field', 'n:=1', ...FAILED);
  await emitAgent(box, '--field', 'n:=2', '--field', 'conclusion=success');
  assertExit(await wait.ended, 1);
});

test('--no-autostart and WAITBUS_NO_AUTOSTART=1 without a daemon end with 2', async () => {
  await using flagged = new Sandbox();
  const ended = await flagged.run(['wait', '--source', 'agent', '--no-autostart']);
  assertExit(ended, 2);
  assert.match(ended.stderr, /no daemon on .*broadcast\.sock.*\(WAITBUS_UNREACHABLE\)/);
  await using box = new Sandbox({ WAITBUS_NO_AUTOSTART: '1' });
  assertExit(await box.run(['wait', '--source', 'agent']), 2);
  assert.equal((await box.run(['status'])).code, 1);
});

test('a state directory that cannot be made ends a wait with 2 and says so', async () => {
  await using box = new Sandbox();
  const env = { WAITBUS_STATE_DIR: `${process.execPath}/state` };
  const ended = await box.waitbus(['wait', '--source', 'agent'], { env }).ended;
  assertExit(ended, 2);
  assert.match(ended.stderr, /ENOTDIR.*\(WAITBUS_UNREACHABLE\)/);
});

test('a daemon that cannot start tells its reason through the command that wanted it', async () => {
  await using box = new Sandbox();
  const { mkdirSync, writeFileSync } = await import('node:fs');
  mkdirSync(box.paths.configDir);
  writeFileSync(`${box.paths.configDir}/config.json`, '{"durability":"eventual","colour":1}');
  const ended = await box.run(['wait', '--source', 'agent']);
  assertExit(ended, 2);
  assert.match(ended.stderr, /durability/);
  assert.match(ended.stderr, /colour/);
});
