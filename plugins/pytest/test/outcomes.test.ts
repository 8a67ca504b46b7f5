/** What is told of each outcome of a test. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { FakeDaemon } from './support/fake-daemon.js';
import { isSession, isTest, Workspace } from './support/pytest-run.js';

const EVERY_OUTCOME = `
import pytest

def test_pass(): pass

def test_fail():
    value = 1
    assert value == 2, "not two"

@pytest.fixture
def no_setup(): raise RuntimeError("no setup")

@pytest.fixture
def no_teardown():
    yield
    raise RuntimeError("no teardown")

def test_setup(no_setup): pass

def test_teardown(no_teardown): pass

def test_fixture(missing): pass

@pytest.mark.xfail
def test_xfail(): assert False

@pytest.mark.xfail
def test_xpass(): pass

@pytest.mark.xfail(strict=True)
def test_xpass_strict(): pass

@pytest.mark.skip
def test_skip(): pass

@pytest.mark.parametrize("n", [1, 2, 3])
def test_many(n): assert n != 2
`;

test('each failure is an event with its phase; passes, skips and xfails are not', async (t) => {
  const workspace = new Workspace(t, { 'test_all.py': EVERY_OUTCOME });
  const daemon = await FakeDaemon.listen(workspace.runtimeDir);
  t.after(() => daemon.stop());
  const { code, output } = await workspace.run(['-q']);
  await daemon.disconnected();
  assert.equal(code, 1, output);

  assert.deepEqual(
    daemon.events
      .filter(isTest)
      .map(({ fields }) => [fields['job_name'], fields['phase'], fields['message']]),
    [
      ['test_all.py::test_fail', 'call', 'AssertionError: not two'],
      ['test_all.py::test_setup', 'setup', 'RuntimeError: no setup'],
      ['test_all.py::test_teardown', 'teardown', 'RuntimeError: no teardown'],
      ['test_all.py::test_fixture', 'setup', "fixture 'missing' not found"],
      ['test_all.py::test_xpass_strict', 'call', '[XPASS(strict)]'],
      ['test_all.py::test_many[2]', 'call', 'assert 2 != 2'],
    ],
  );
  assert.deepEqual(daemon.ops(), ['attach', ...Array<string>(7).fill('emit'), 'detach']);
  assert.equal(workspace.spooled().names.length, 0);
});

test('a failure says where and what, and its traceback is in the payload', async (t) => {
  const workspace = new Workspace(t, { 'test_all.py': EVERY_OUTCOME });
  const daemon = await FakeDaemon.listen(workspace.runtimeDir);
  t.after(() => daemon.stop());
  await workspace.run(['-q', '-k', 'test_fail']);

  const [failure] = daemon.events;
  assert.ok(failure);
  const { run_id: runId, duration_ms: duration, ...fields } = failure.fields;
  assert.match(String(runId), /^[0-9a-f]{32}$/);
  assert.ok(Number.isInteger(duration));
  assert.deepEqual(fields, {
    workflow_name: 'pytest',
    job_name: 'test_all.py::test_fail',
    phase: 'call',
    status: 'completed',
    conclusion: 'failure',
    path: join(workspace.suite, 'test_all.py'),
    line: 8,
    message: 'AssertionError: not two',
    cwd: workspace.suite,
  });
  assert.equal(failure.source, 'pytest');
  assert.equal(failure.ingest_method, 'plugin');
  assert.match(failure.delivery_id, new RegExp(`^pytest:${String(runId)}:[0-9a-f]{16}:call:1$`));
  assert.equal(failure.summary, 'test_all.py::test_fail failed: AssertionError: not two');
  assert.ok(Math.abs(failure.received_at / 1e6 - Date.now()) < 60_000);
  assert.match(String(failure.payload['longrepr']), /assert value == 2, "not two"/);
});

test('the session counts as pytest does, and names what failed', async (t) => {
  const workspace = new Workspace(t, { 'test_all.py': EVERY_OUTCOME });
  const daemon = await FakeDaemon.listen(workspace.runtimeDir);
  t.after(() => daemon.stop());
  const { output } = await workspace.run(['-q']);
  assert.match(output, /3 failed, 4 passed, 1 skipped, 1 xfailed, 1 xpassed, 3 errors/);

  const { fields, payload, delivery_id: id } = await daemon.event(isSession);
  assert.deepEqual(
    { ...fields, run_id: '', duration_ms: 0 },
    {
      workflow_name: 'pytest',
      run_id: '',
      status: 'completed',
      conclusion: 'failure',
      exit_code: 1,
      passed: 4,
      failed: 3,
      errors: 3,
      skipped: 1,
      xfailed: 1,
      xpassed: 1,
      total: 12,
      duration_ms: 0,
      cwd: workspace.suite,
    },
  );
  assert.equal(id, `pytest:${String(fields['run_id'])}:session`);
  assert.deepEqual(payload['failed'], [
    'test_all.py::test_fail',
    'test_all.py::test_setup',
    'test_all.py::test_teardown',
    'test_all.py::test_fixture',
    'test_all.py::test_xpass_strict',
    'test_all.py::test_many[2]',
  ]);
  assert.equal(payload['failed_left_out'], 0);
  assert.deepEqual(payload['args'], ['-p', 'no:cacheprovider', '-p', 'waitbus_pytest', '-q']);
  const first = payload['first_failure'] as Record<string, string>;
  assert.equal(first['nodeid'], 'test_all.py::test_fail');
  assert.match(first['traceback'] ?? '', /not two/);
});

test('a failure is told while the run goes on', async (t) => {
  const workspace = new Workspace(t, {
    'test_gate.py': `
import os
def test_first(): assert False
def test_second(): open(os.environ["GATE"]).read()
`,
  });
  const gate = workspace.gate('gate');
  const daemon = await FakeDaemon.listen(workspace.runtimeDir);
  t.after(() => daemon.stop());
  const run = workspace.start([], { env: { GATE: gate } });

  const failure = await daemon.event(isTest); // test_second cannot end before the gate opens
  assert.equal(failure.fields['job_name'], 'test_gate.py::test_first');
  assert.ok(!daemon.events.some(isSession));
  await writeFile(gate, '');
  assert.equal((await run.closed).code, 1);
  assert.equal(daemon.events.at(-1)?.fields['passed'], 1);
});

test('the output of a run is the same with the plugin and without', async (t) => {
  const workspace = new Workspace(t, { 'test_all.py': EVERY_OUTCOME });
  const daemon = await FakeDaemon.listen(workspace.runtimeDir);
  t.after(() => daemon.stop());
  const untimed = (text: string): string =>
    text
      .replace(/\d+\.\d+s/g, 'TIME')
      .replace(/0x[0-9a-f]+/g, 'ADDRESS')
      .replace(/=+/g, '=');
  const withPlugin = await workspace.run(['-v', '-rA', '-W', 'error']);
  const without = await workspace.run(['-v', '-rA', '-W', 'error'], { plugin: [] });
  assert.equal(untimed(withPlugin.output), untimed(without.output));
  assert.equal(daemon.connections, 1);
});

test('texts are cut to their limits', async (t) => {
  const workspace = new Workspace(t, {
    'test_long.py': `
import pytest
@pytest.mark.parametrize("n", ["é" * 3000])
def test_long(n): raise ValueError("start" + "x" * 400_000 + "\\udc80 end")
`,
    'pytest.ini':
      '[pytest]\ndisable_test_id_escaping_and_forfeit_all_rights_to_community_support = true\n',
  });
  const daemon = await FakeDaemon.listen(workspace.runtimeDir);
  t.after(() => daemon.stop());
  await workspace.run(['-q', '--tb=short']);
  const [failure, session] = daemon.events;
  assert.ok(failure && session);
  assert.equal(String(failure.fields['job_name']).length, 512);
  assert.equal(String(failure.fields['message']).length, 300);
  assert.ok(failure.summary.length <= 400);
  const text = String(failure.payload['longrepr']);
  assert.ok(Buffer.byteLength(text) <= 65_536);
  assert.match(text, /bytes left out[^]*\? end/);
  assert.match(text, /test_long.py:4/);
});

test('in a git checkout an event carries its head', async (t) => {
  const workspace = new Workspace(t, { 'test_one.py': 'def test_one(): assert False\n' });
  const daemon = await FakeDaemon.listen(workspace.runtimeDir);
  t.after(() => daemon.stop());
  const git = (...args: string[]): string => {
    const who = ['-c', 'user.name=t', '-c', 'user.email=t@example.org'];
    return spawnSync('git', [...who, ...args], { cwd: workspace.suite })
      .stdout.toString()
      .trim();
  };
  git('init', '-q', '-b', 'topic/one');
  git('commit', '-q', '--allow-empty', '-m', 'first');
  const head = async (...args: readonly string[]): Promise<unknown[]> => {
    const seen = daemon.events.length;
    await workspace.run(['-q', ...(args.length > 0 ? args : ['test_one.py'])]);
    return daemon.events
      .slice(seen, seen + 2)
      .flatMap(({ fields }) => [fields['head_branch'], fields['head_sha']]);
  };
  const sha = git('rev-parse', 'HEAD');
  assert.deepEqual(await head(), ['topic/one', sha, 'topic/one', sha]);
  git('pack-refs', '--all');
  assert.deepEqual(await head(), ['topic/one', sha, 'topic/one', sha], 'packed');
  git('worktree', 'add', '-q', '-b', 'two', 'tree');
  workspace.write('tree/pytest.ini', '[pytest]\n');
  workspace.write('tree/test_one.py', 'def test_one(): assert False\n');
  assert.deepEqual(await head('--rootdir', 'tree', 'tree'), ['two', sha, 'two', sha], 'a worktree');
  git('checkout', '-q', '--detach');
  assert.deepEqual(await head(), [undefined, sha, undefined, sha], 'detached');
});
