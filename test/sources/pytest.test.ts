/** The pytest source with a real pytest and a real daemon: what a person types, and what they see. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Sandbox, WAITBUS, type Running } from '../support/sandbox.js';

const skip =
  spawnSync('python3', ['-m', 'pytest', '--version']).status === 0
    ? false
    : 'python3 has no pytest';

/** The second test reads from a FIFO, so the run goes on for as long as the test here wants. */
const SUITE = `
def test_fails():
    assert 1 == 2

def test_goes_on():
    with open("go") as fifo:
        fifo.read()
`;
const FAILURE = ['--source', 'pytest', '--match', 'fields.conclusion="failure"'];

function sandbox(suite = SUITE): Sandbox {
  const box = new Sandbox({ PYTHONDONTWRITEBYTECODE: '1' });
  writeFileSync(join(box.work, 'test_suite.py'), suite);
  spawnSync('mkfifo', [join(box.work, 'go')]);
  return box;
}

function pytest(box: Sandbox): Running {
  return box.waitbus(['pytest', '--', '-q', '-p', 'no:cacheprovider', 'test_suite.py']);
}

async function armed(box: Sandbox, args: readonly string[]): Promise<Running> {
  const wait = box.waitbus(['wait', ...args, '--timeout', '60s']);
  await wait.says(/waiting for/);
  return wait;
}

/** Lets the second test of the suite end; returns when it has opened the FIFO. */
function letGo(box: Sandbox): void {
  writeFileSync(join(box.work, 'go'), '');
}

test('a failing test wakes a wait while the run is still going', { skip }, async () => {
  await using box = sandbox();
  const wait = await armed(box, FAILURE);
  const run = pytest(box);
  const ended = await wait.ended;
  assert.equal(ended.code, 0, ended.stderr);
  assert.equal(run.child.exitCode, null);
  letGo(box);
  assert.equal((await run.ended).code, 1);
});

test('a run that is killed with SIGKILL ends as a failure', { skip }, async () => {
  await using box = sandbox();
  const session = [
    '--source',
    'pytest',
    '--match',
    'event_type="pytest_session"',
    '--json',
    '--verdict',
  ];
  const wait = await armed(box, session);
  const failure = await armed(box, FAILURE);
  const run = box.start('sh', [
    '-c',
    `eval "$("${process.execPath}" "$0" source env pytest)"; exec python3 -m pytest -q -p no:cacheprovider test_suite.py`,
    WAITBUS,
  ]);
  await failure.ended;
  run.child.kill('SIGKILL');
  const ended = await wait.ended;
  assert.equal(ended.code, 1, ended.stderr);
  const event = JSON.parse(ended.stdout) as { fields: Record<string, unknown> };
  assert.equal(event.fields['killed'], true);
});

test('--all-of over pytest and fs needs both, whichever comes first', { skip }, async () => {
  for (const first of ['pytest', 'fs']) {
    await using box = sandbox('def test_passes():\n    pass\n');
    const wait = await armed(box, [
      '--all-of',
      'pytest:fields.event_type="pytest_session"',
      '--all-of',
      'fs:fields.workflow_name="build.log"',
    ]);
    const acts = {
      pytest: async () => assert.equal((await pytest(box).ended).code, 0),
      fs: async () => writeFileSync(join(box.work, 'build.log'), 'done'),
    };
    const [one, other] = first === 'pytest' ? [acts.pytest, acts.fs] : [acts.fs, acts.pytest];
    await one();
    await wait.says(first === 'pytest' ? /pytest_session:/ : /fs_change:/);
    assert.equal(wait.child.exitCode, null);
    await other();
    const ended = await wait.ended;
    assert.equal(ended.code, 0, ended.stderr);
  }
});

test('without a daemon a run is spooled, and heard when one comes up', { skip }, async () => {
  await using box = sandbox('def test_fails():\n    assert False\n');
  const run = box.waitbus(['pytest', '--', '-q', '-p', 'no:cacheprovider'], {
    env: { WAITBUS_NO_AUTOSTART: '1' },
  });
  assert.equal((await run.ended).code, 1);
  const wait = await box.run(['wait', ...FAILURE, '--since', 'start', '--timeout', '60s']);
  assert.equal(wait.code, 0, wait.stderr);
});
