/** The ways in which a session ends, each told once. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { FakeDaemon, type Envelope } from './support/fake-daemon.js';
import { isSession, isTest, Workspace, type Outcome } from './support/pytest-run.js';

interface Ended extends Outcome {
  readonly session: Envelope;
  readonly tests: Envelope[];
}

async function ending(
  t: TestContext,
  files: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Promise<Ended> {
  const workspace = new Workspace(t, files);
  const daemon = await FakeDaemon.listen(workspace.runtimeDir);
  t.after(() => daemon.stop());
  const outcome = await workspace.run(['-q', ...args]);
  await daemon.disconnected();
  const sessions = daemon.events.filter(isSession);
  assert.equal(sessions.length, 1, outcome.output);
  assert.equal(daemon.ops().at(-1), 'detach');
  assert.ok(sessions[0]);
  return { ...outcome, session: sessions[0], tests: daemon.events.filter(isTest) };
}

const PASS = 'def test_pass(): pass\n';
const FAIL = 'def test_fail(): assert False\n';

function verdict({ session }: Ended): unknown[] {
  return [session.fields['conclusion'], session.fields['exit_code']];
}

test('all passed: success', async (t) => {
  const ended = await ending(t, { 'test_one.py': PASS });
  assert.deepEqual(verdict(ended), ['success', 0]);
  assert.equal(ended.session.payload['first_failure'], null);
  assert.match(ended.session.summary, /^pytest: 1 passed in \d+\.\d\d s$/);
});

test('-x: failure, and only what ran is counted', async (t) => {
  const ended = await ending(t, { 'test_one.py': FAIL + PASS }, ['-x']);
  assert.deepEqual(verdict(ended), ['failure', 1]);
  assert.equal(ended.session.fields['passed'], 0);
  assert.equal(ended.tests.length, 1);
});

test('a collection error: failure, with its traceback', async (t) => {
  const ended = await ending(t, { 'test_one.py': 'import no_such_module\n', 'test_two.py': PASS });
  assert.deepEqual(verdict(ended), ['failure', 2]);
  assert.equal(ended.session.fields['errors'], 1);
  assert.deepEqual(ended.session.payload['failed'], ['test_one.py']);
  assert.match(JSON.stringify(ended.session.payload['first_failure']), /no_such_module/);
});

test('no tests: neutral', async (t) => {
  const ended = await ending(t, {});
  assert.deepEqual(verdict(ended), ['neutral', 5]);
});

test('a file that is not there: failure', async (t) => {
  assert.deepEqual(verdict(await ending(t, {}, ['missing.py'])), ['failure', 4]);
});

test('an internal error of pytest: failure, with its traceback', async (t) => {
  const ended = await ending(t, {
    'conftest.py': 'def pytest_runtest_protocol(item): raise RuntimeError("broken hook")\n',
    'test_one.py': PASS,
  });
  assert.deepEqual(verdict(ended), ['failure', 3]);
  assert.match(JSON.stringify(ended.session.payload['first_failure']), /broken hook/);
});

test('an exit status that another plugin sets at the end is the one that counts', async (t) => {
  const ended = await ending(t, {
    'conftest.py': 'def pytest_sessionfinish(session): session.exitstatus = 1\n',
    'test_one.py': PASS,
  });
  assert.deepEqual(verdict(ended), ['failure', 1]);
});

test('pytest.exit: cancelled', async (t) => {
  const ended = await ending(t, {
    'test_one.py': 'import pytest\ndef test(): pytest.exit("so")\n',
  });
  assert.deepEqual(verdict(ended), ['cancelled', 2]);
});

test('listing tests or fixtures is no run', async (t) => {
  const workspace = new Workspace(t, { 'test_one.py': PASS });
  const daemon = await FakeDaemon.listen(workspace.runtimeDir);
  t.after(() => daemon.stop());
  for (const option of ['--collect-only', '--fixtures', '--version', '--setup-plan']) {
    await workspace.run([option]);
  }
  assert.equal(daemon.connections, 0);
  assert.equal(workspace.spooled().names.length, 0);
});

const FAIL_THEN_WAIT = `
import os
def test_first(): assert False
def test_second(): open(os.environ["GATE"]).read()
`;

test('Ctrl-C: cancelled, although something had failed', async (t) => {
  const workspace = new Workspace(t, { 'test_gate.py': FAIL_THEN_WAIT });
  const daemon = await FakeDaemon.listen(workspace.runtimeDir);
  t.after(() => daemon.stop());
  const run = workspace.start([], { env: { GATE: workspace.gate('gate') } });
  await daemon.event(isTest);
  run.child.kill('SIGINT');
  assert.equal((await run.closed).code, 2);
  await daemon.disconnected();
  const session = daemon.events.find(isSession);
  assert.equal(session?.fields['conclusion'], 'cancelled');
  assert.equal(daemon.ops().at(-1), 'detach');
});

for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
  test(`${signal}: the connection ends without detach, which leaves the will`, async (t) => {
    const workspace = new Workspace(t, { 'test_gate.py': FAIL_THEN_WAIT });
    const daemon = await FakeDaemon.listen(workspace.runtimeDir);
    t.after(() => daemon.stop());
    const run = workspace.start([], { env: { GATE: workspace.gate('gate') } });
    const failure = await daemon.event(isTest);
    run.child.kill(signal);
    assert.equal((await run.closed).signal, signal);
    await daemon.disconnected();
    assert.deepEqual(daemon.ops(), ['attach', 'emit']);

    const [attach] = daemon.requests;
    assert.equal(attach?.name, `pytest:${run.child.pid ?? 0}`);
    const { will } = attach;
    assert.ok(will);
    assert.equal(will.event_type, 'pytest_session');
    assert.equal(will.delivery_id, `pytest:${String(failure.fields['run_id'])}:session`);
    assert.equal(will.summary, 'pytest was killed');
    assert.equal(will.fields['conclusion'], 'failure');
    assert.equal(will.fields['killed'], true);
  });
}
