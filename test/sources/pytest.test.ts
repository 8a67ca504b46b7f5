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

interface Session {
  readonly summary: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Every end of a run that the log has. */
async function sessions(box: Sandbox): Promise<Session[]> {
  const log = await box.run(['log', '--json', '--source', 'pytest', '--since', 'start']);
  return log.stdout
    .split('\n')
    .filter((line) => line.includes('"pytest_session"'))
    .map((line) => JSON.parse(line) as Session);
}

const PASSES = 'def test_passes():\n    pass\n';
const BARE = ['-q', '-p', 'no:cacheprovider'];

test('what ends pytest before it loads any plugin is told once', { skip }, async () => {
  await using box = sandbox(PASSES);
  for (const [args, code] of [
    [['-p', 'no_such_plugin'], 1],
    [['--maxfail'], 4],
    [['-c', 'no_such.ini'], null],
  ] as const) {
    const before = (await sessions(box)).length;
    const ended = await box.run(['pytest', '--', ...BARE, ...args]);
    assert.ok(code === null ? ended.code !== 0 : ended.code === code, ended.stderr);
    const [session, ...others] = (await sessions(box)).slice(before);
    assert.deepEqual(others, []);
    assert.deepEqual(
      [session?.fields['conclusion'], session?.fields['exit_code'], session?.fields['cwd']],
      ['failure', ended.code, box.work],
    );
  }
});

test('a conftest that cannot be imported ends a wait for the run', { skip }, async () => {
  await using box = sandbox(PASSES);
  writeFileSync(join(box.work, 'conftest.py'), 'import no_such_module\n');
  const match = ['--source', 'pytest', '--match', 'event_type="pytest_session"', '--verdict'];
  const wait = await armed(box, match);
  assert.equal((await box.run(['pytest', '--', ...BARE])).code, 4);
  const ended = await wait.ended;
  assert.equal(ended.code, 1, ended.stderr);
  assert.equal((await sessions(box)).length, 1);
});

test('waitbus pytest reports also where pytest loads no plugin by itself', { skip }, async () => {
  await using box = sandbox(PASSES);
  const env = { PYTEST_DISABLE_PLUGIN_AUTOLOAD: '1' };
  assert.equal((await box.waitbus(['pytest', '--', ...BARE], { env }).ended).code, 0);
  const [session] = await sessions(box);
  assert.deepEqual([session?.fields['conclusion'], session?.fields['passed']], ['success', 1]);
});

test('a run that is killed without a daemon is told by who started it', { skip }, async () => {
  await using box = sandbox('import os\ndef test_dies():\n    os.kill(os.getpid(), 9)\n');
  const env = { WAITBUS_NO_AUTOSTART: '1' };
  assert.equal((await box.waitbus(['pytest', '--', ...BARE], { env }).ended).code, 137);
  const wait = ['wait', ...FAILURE, '--since', 'start', '--timeout', '60s'];
  assert.equal((await box.run(wait)).code, 0);
  assert.equal((await sessions(box))[0]?.fields['killed'], true);
});

test(
  'source env never breaks a run: another PYTHONPATH, an isolated python',
  { skip },
  async () => {
    await using box = sandbox(PASSES);
    for (const how of [
      'PYTHONPATH=src python3 -m pytest',
      'python3 -I -m pytest',
      'python3 -E -m pytest',
      'env -i PATH="$PATH" HOME="$HOME" python3 -m pytest',
    ]) {
      const script = `eval "$("${process.execPath}" "$0" source env pytest)"; ${how} ${BARE.join(' ')}`;
      const ended = await box.start('sh', ['-c', script, WAITBUS]).ended;
      assert.equal(ended.code, 0, ended.stdout + ended.stderr);
      assert.match(ended.stdout, /1 passed/);
    }
    assert.deepEqual(await sessions(box), []);
  },
);

test(
  'source check pytest starts the pytest of this shell and says what is missing',
  { skip },
  async () => {
    await using box = sandbox(PASSES);
    const check = async (before: string) => {
      const turnOn = `eval "$("${process.execPath}" "$0" source env pytest)"`;
      const script = `${turnOn}; ${before} "${process.execPath}" "$0" source check pytest --json --timeout 60s`;
      const { code, stdout, stderr } = await box.start('sh', ['-c', script, WAITBUS]).ended;
      const { sources } = JSON.parse(stdout || stderr) as {
        sources: { ok: boolean; detail: string; remedy: string }[];
      };
      assert.equal(code, sources[0]?.ok === true ? 0 : 1);
      return sources[0];
    };
    const fine = await check('');
    assert.equal(fine?.ok, true, fine?.detail);
    assert.match(fine.detail, /loaded by \S+ \(Python 3\.\S+, pytest \d\S*\)/);

    const off = await check('PYTEST_DISABLE_PLUGIN_AUTOLOAD=1');
    assert.equal(off?.ok, false);
    assert.match(off.detail, /PYTEST_DISABLE_PLUGIN_AUTOLOAD is set/);
    const mended = await check(
      `PYTEST_DISABLE_PLUGIN_AUTOLOAD=1; export PYTEST_DISABLE_PLUGIN_AUTOLOAD; ${off.remedy};`,
    );
    assert.equal(mended?.ok, true, mended?.detail);

    const away = await check('PYTEST_ADDOPTS="-p no:waitbus_pytest"');
    assert.match(away?.detail ?? '', /its options leave the plugin out/);
    const broken = await check('PYTEST_ADDOPTS="-p no_such_plugin"');
    assert.match(broken?.detail ?? '', /fails by itself: .*no_such_plugin/);
    assert.deepEqual(await sessions(box), []);
  },
);
