/** claim and release: one holder at a time, until it lets go or dies. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertExit, daemonPid, jsonLines } from '../cli/verbs.js';
import { Sandbox, type Running } from '../support/sandbox.js';
import { heard, heardOne, logged } from './heard.js';

/** A claim that is held until its stdin is closed. */
async function holds(box: Sandbox, path: string, as: string, ...more: string[]): Promise<Running> {
  const claim = box.waitbus(['claim', path, '--as', as, ...more], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  await claim.says(/ claims /);
  return claim;
}

test('a claimed path is refused to others, with who holds it and since when; then it is free', async () => {
  await using box = new Sandbox();
  const claim = await holds(box, 'src/a.ts', 'al', '--json');
  const path = join(box.work, 'src', 'a.ts');
  const event = await heardOne(box, 'event_type="agent_claim"');
  assert.deepEqual([event.fields['path'], event.fields['msg_from']], [path, 'al']);
  const at = String.raw`is claimed by al since \d{4}-\d\d-\d\dT[\d:.]+Z \(WAITBUS_CLAIMED\)`;
  for (const [wanted, text] of [
    ['src/a.ts', `${path} ${at}`],
    ['src', `${join(box.work, 'src')} lies over ${path}, which ${at}`],
    ['src/a.ts/deep/er', `${path}/deep/er lies under ${path}, which ${at}`],
  ] as const) {
    const refused = await box.run(['claim', wanted, '--as', 'bo', '--', 'touch', 'ran']);
    assertExit(refused, 1);
    assert.match(refused.stderr, new RegExp(text));
  }
  assertExit(await box.run(['claim', 'src/a.tsx', '--as', 'bo', '--', 'true']), 0);
  claim.child.stdin?.end();
  const ended = await claim.ended;
  assertExit(ended, 0);
  assert.deepEqual(jsonLines(ended.stdout), [
    { id: event.fields['claim_id'], path, event_id: event.event_id },
  ]);
  assertExit(await box.run(['claim', 'src', '--as', 'bo', '--', 'sh', '-c', 'exit 6']), 6);
  const released = await heardOne(box, 'event_type="agent_release"', 'fields.msg_from="al"');
  assert.equal(released.fields['reason'], 'released');
});

test('a path is what its links lead to, whether it is there or not', async () => {
  await using box = new Sandbox();
  mkdirSync(join(box.work, 'real'));
  symlinkSync('real', join(box.work, 'link'));
  writeFileSync(join(box.work, 'file'), '');
  const claim = await holds(box, 'link/new/file', 'al');
  for (const same of [
    'real/new/file',
    './real/../link/new/file',
    join(box.work, 'real/new/file/'),
  ]) {
    assertExit(await box.run(['claim', same, '--as', 'bo', '--', 'true']), 1);
  }
  const { stdout } = await box.run(['claim', '--list', '--json']);
  const [listed] = jsonLines(stdout);
  assert.deepEqual(
    [listed?.['path'], listed?.['by'], listed?.['state']],
    [join(box.work, 'real/new/file'), 'al', 'held'],
  );
  claim.child.stdin?.end();
  await claim.ended;
});

test('a claim whose holder is killed is released, and who waits has it', async () => {
  await using box = new Sandbox();
  const claim = await holds(box, 'x', 'al');
  const waiter = box.waitbus(['claim', 'x', '--as', 'bo', '--wait', '--', 'echo', 'mine']);
  await waiter.says(/is claimed by al since .*; waiting until it is free/);
  claim.child.kill('SIGKILL');
  const ended = await waiter.ended;
  assertExit(ended, 0);
  assert.equal(ended.stdout, 'mine\n');
  const events = await heard(box, ['fields.claim_id^=""'], 4);
  assert.deepEqual(
    events.map(({ event_type: type, fields }) => [type, fields['msg_from'], fields['reason']]),
    [
      ['agent_claim', 'al', undefined],
      ['agent_release', 'al', 'died'],
      ['agent_claim', 'bo', undefined],
      ['agent_release', 'bo', 'released'],
    ],
  );
});

test('who waits too long ends with 124 and holds up nobody', async () => {
  await using box = new Sandbox();
  const claim = await holds(box, 'x', 'al');
  const late = await box.run(['claim', 'x', '--as', 'bo', '--timeout', '200ms', '--', 'true']);
  assertExit(late, 124);
  claim.child.stdin?.end();
  await claim.ended;
  assertExit(await box.run(['claim', 'x', '--as', 'cy', '--', 'true']), 0);
  assert.equal((await logged(box, 'fields.msg_from="bo"')).length, 0);
});

test('release ends a claim of another process of the agent, and only of that agent', async () => {
  await using box = new Sandbox();
  const claim = await holds(box, 'x', 'al');
  const foreign = await box.run(['release', 'x', '--as', 'bo']);
  assertExit(foreign, 1);
  assert.match(foreign.stderr, /is claimed by al, not by bo/);
  assertExit(await box.run(['release', 'x', '--as', 'al']), 0);
  const ended = await claim.ended;
  assertExit(ended, 0);
  assert.match(ended.stderr, /was released/);
  assertExit(await box.run(['release', 'x', '--as', 'al']), 1);
  const other = await holds(box, 'x', 'al');
  assertExit(await box.run(['release', 'x', '--force']), 0);
  assertExit(await other.ended, 0);
});

test('a claim outlives the daemon: nobody else gets it, and its holder is heard of again', async () => {
  await using box = new Sandbox();
  const claim = await holds(box, 'x', 'al');
  for (let round = 0; round < 3; round += 1) {
    process.kill(await daemonPid(box), 'SIGKILL');
    assertExit(await box.run(['claim', 'x', '--as', 'bo', '--', 'true']), 1);
  }
  const state = async () => {
    const { stdout } = await box.run(['claim', '--list', '--json']);
    return jsonLines(stdout).map((one) => [one['by'], one['state']]);
  };
  // Bounded by the runner; each round is a whole process.
  while ((await state())[0]?.[1] !== 'held');
  assert.deepEqual(await state(), [['al', 'held']]);
  claim.child.kill('SIGKILL');
  await heardOne(box, 'event_type="agent_release"', 'fields.reason="died"');
  assertExit(await box.run(['claim', 'x', '--as', 'bo', '--wait', '--', 'true']), 0);
});

test('a holder that died together with the daemon is released by the next daemon', async () => {
  await using box = new Sandbox();
  const claim = await holds(box, 'x', 'al');
  const pid = await daemonPid(box);
  claim.child.kill('SIGSTOP');
  process.kill(pid, 'SIGKILL');
  claim.child.kill('SIGKILL');
  await claim.ended;
  assertExit(await box.run(['claim', 'x', '--as', 'bo', '--wait', '--', 'true']), 0);
  const released = await heardOne(box, 'event_type="agent_release"', 'fields.msg_from="al"');
  assert.equal(released.fields['reason'], 'died');
});

test('while the daemon does not answer, a claim ends at its time, and nothing runs', async () => {
  await using box = new Sandbox();
  assertExit(await box.run(['claim', 'first', '--as', 'al', '--', 'true']), 0);
  const pid = await daemonPid(box);
  process.kill(pid, 'SIGSTOP');
  try {
    const late = await box.run([
      'claim',
      'p',
      '--as',
      'bo',
      '--timeout',
      '1s',
      '--',
      'touch',
      'ran',
    ]);
    assertExit(late, 124);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  assertExit(await box.run(['claim', 'p', '--as', 'ed', '--wait', '--', 'true']), 0);
  assert.equal(existsSync(join(box.work, 'ran')), false);
});

test('a holder that was frozen over a restart and lost its claim ends its command and says so', async () => {
  await using box = new Sandbox();
  const claim = box.waitbus(['claim', 'x', '--as', 'al', '--', 'sleep', '1000']);
  await claim.says(/ claims /);
  const pid = await daemonPid(box);
  claim.child.kill('SIGSTOP');
  process.kill(pid, 'SIGKILL');
  const taker = box.waitbus(['claim', 'x', '--as', 'bo', '--wait', '--', 'sh', '-c', 'read line'], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  await taker.says(/bo claims/);
  claim.child.kill('SIGCONT');
  const ended = await claim.ended;
  assertExit(ended, 143);
  assert.match(ended.stderr, /is not ours any more/);
  taker.child.stdin?.end('\n');
  assertExit(await taker.ended, 0);
});

test('signals end a claim in order; bad arguments and no daemon claim nothing', async () => {
  await using box = new Sandbox();
  const claim = await holds(box, 'x', 'al');
  claim.child.kill('SIGTERM');
  assertExit(await claim.ended, 143);
  const released = await heardOne(box, 'event_type="agent_release"');
  assert.equal(released.fields['reason'], 'released');
  for (const args of [
    ['claim', '--as', 'al'],
    ['claim', 'x', 'y', '--as', 'al'],
    ['claim', 'x'],
    ['claim', '', '--as', 'al'],
    ['claim', 'x', '--as', 'al', '--'],
    ['claim', 'x'.repeat(5000), '--as', 'al', '--', 'true'],
  ]) {
    assertExit(await box.run([...args]), 2);
  }
  await box.run(['stop']);
  const alone = await box.run(['claim', 'x', '--as', 'al', '--no-autostart', '--', 'touch', 'ran']);
  assertExit(alone, 2);
});
