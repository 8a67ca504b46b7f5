/** Sessions with other processes: forked children, those that outlive it, the plugin loaded twice. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { FakeDaemon } from './support/fake-daemon.js';
import { isSession, isTest, pythonWith, Workspace } from './support/pytest-run.js';

test('forked children neither end the session nor report', async (t) => {
  const workspace = new Workspace(t, {
    'test_fork.py': `
import multiprocessing, os, sys
def test_exit():
    if os.fork() == 0: os._exit(0)
    assert os.wait()[1] == 0
def test_whole_pytest_forked():
    if os.fork() == 0: sys.exit("the child goes on through pytest's own end")
    os.wait()
def test_multiprocessing():
    child = multiprocessing.get_context("fork").Process(target=print)
    child.start()
    child.join()
def test_fail(): assert False
`,
  });
  const daemon = await FakeDaemon.listen(workspace.runtimeDir);
  t.after(() => daemon.stop());
  await workspace.run();
  await daemon.disconnected();
  assert.equal(daemon.connections, 1);
  assert.deepEqual(daemon.ops(), ['attach', 'emit', 'emit', 'detach']);
  assert.equal(daemon.events.at(-1)?.fields['passed'], 3);
  assert.equal(workspace.spooled().names.length, 0);
});

test('children that outlive a killed pytest do not hold back its will', async (t) => {
  const workspace = new Workspace(t, {
    'test_fork.py': `
import os, subprocess
def wait(gate): open(os.environ[gate]).read()
def test_forks():
    if os.fork() == 0:
        wait("CHILD")
        os._exit(0)
    subprocess.Popen(["cat", os.environ["SPAWNED"]], close_fds=False)
def test_fails(): assert False
def test_waits(): wait("PARENT")
`,
  });
  const [child, spawned, parent] = ['child', 'spawned', 'parent'].map((name) =>
    workspace.gate(name),
  );
  assert.ok(child && spawned && parent);
  const daemon = await FakeDaemon.listen(workspace.runtimeDir);
  t.after(() => daemon.stop());
  const run = workspace.start([], { env: { CHILD: child, SPAWNED: spawned, PARENT: parent } });
  await daemon.event(isTest);
  run.child.kill('SIGKILL');
  await run.exited;
  await daemon.disconnected();
  // Only now may they end: opening for writing finds a reader, so both were alive until here.
  await Promise.all([writeFile(child, ''), writeFile(spawned, '')]);
  await run.closed;
  assert.deepEqual(daemon.ops(), ['attach', 'emit']);
});

test('loaded twice, it reports once', async (t) => {
  const workspace = new Workspace(t, {
    'conftest.py': 'pytest_plugins = ["waitbus_pytest"]\n',
    'test_one.py': 'def test_fail(): assert False\n',
  });
  const daemon = await FakeDaemon.listen(workspace.runtimeDir);
  t.after(() => daemon.stop());
  const { output } = await workspace.run(['-p', 'waitbus_pytest', '-W', 'error'], {
    env: { PYTEST_ADDOPTS: '-p waitbus_pytest' },
  });
  assert.match(output, /1 failed/);
  assert.equal(daemon.connections, 1);
  assert.equal(daemon.events.length, 2);
});

test('on the path but not loaded, it does nothing', async (t) => {
  const workspace = new Workspace(t, { 'test_one.py': 'def test_fail(): assert False\n' });
  const daemon = await FakeDaemon.listen(workspace.runtimeDir);
  t.after(() => daemon.stop());
  await workspace.run([], { plugin: [] });
  assert.equal(daemon.connections, 0);
  assert.equal(workspace.spooled().names.length, 0);
});

test('a pytest inside a test is a part of that test, not a run', async (t) => {
  const workspace = new Workspace(t, {
    'inner/test_inner.py': 'def test_meant_to_fail(): assert False\n',
    'test_outer.py': `
import subprocess, sys
import pytest
pytest_plugins = ["pytester"]
INNER = ["-q", "-p", "no:cacheprovider", "-p", "waitbus_pytest", "inner/test_inner.py"]
def test_main_twice():
    assert pytest.main(INNER) == 1
    assert pytest.main(INNER) == 1
def test_process():
    assert subprocess.run([sys.executable, "-m", "pytest", *INNER]).returncode == 1
def test_pytester(pytester):
    pytester.makepyfile("def test(): assert 0")
    pytester.runpytest_inprocess("-p", "waitbus_pytest").assert_outcomes(failed=1)
def test_outer_fails(): assert False
`,
  });
  const daemon = await FakeDaemon.listen(workspace.runtimeDir);
  t.after(() => daemon.stop());
  const { output } = await workspace.run(['test_outer.py']);
  await daemon.disconnected();
  assert.match(output, /1 failed, 3 passed/);
  assert.equal(daemon.connections, 1);
  assert.deepEqual(
    daemon.events.map(({ event_type, fields }) => [
      event_type,
      fields['job_name'],
      fields['passed'],
    ]),
    [
      ['pytest_test', 'test_outer.py::test_outer_fails', undefined],
      ['pytest_session', undefined, 3],
    ],
  );
});

test('runs one after the other in one process are runs of their own', async (t) => {
  const workspace = new Workspace(t, {
    'test_one.py': 'def test_fail(): assert False\n',
    'twice.py': `
import pytest
ARGS = ["-q", "-p", "no:cacheprovider", "-p", "waitbus_pytest", "test_one.py"]
pytest.main(ARGS)
pytest.main(ARGS)
`,
  });
  const daemon = await FakeDaemon.listen(workspace.runtimeDir);
  t.after(() => daemon.stop());
  await workspace.run([], { plugin: [], script: 'twice.py' });
  await daemon.disconnected();
  const once = ['attach', 'emit', 'emit', 'detach'];
  assert.deepEqual(daemon.ops(), [...once, ...once]);
  const runs = daemon.events.filter(isSession).map(({ fields }) => fields['run_id']);
  assert.equal(new Set(runs).size, 2);
});

test('time that stands still and a file system that is not there do not matter', async (t) => {
  const workspace = new Workspace(t, {
    'conftest.py': `
import os, sys, time, types
import pytest, waitbus_pytest
@pytest.fixture
def strange(monkeypatch):
    for name in ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter"):
        monkeypatch.setattr(time, name, lambda: 0)
    def nothing(path): raise FileNotFoundError(path)
    fake = types.SimpleNamespace(getpid=os.getpid, getuid=os.getuid, path=os.path, stat=nothing)
    monkeypatch.setattr(waitbus_pytest, "os", fake)
    monkeypatch.chdir("/")
    monkeypatch.setenv("WAITBUS_STATE_DIR", "/nowhere")
`,
    'test_one.py': 'def test_fail(strange): assert False\n',
  });
  await workspace.run();
  const [failure] = workspace.spooled().events;
  assert.ok(failure && isTest(failure));
  assert.ok(Math.abs(failure.received_at / 1e6 - Date.now()) < 60_000);
});

test('under xdist workers report and the session ends once', async (t) => {
  const python = pythonWith('pytest', 'xdist');
  if (python === undefined) return t.skip('pytest-xdist is not installed');
  const workspace = new Workspace(t, {
    'test_many.py': `
import os, pytest
@pytest.mark.parametrize("n", range(10))
def test_many(n): assert n % 5
def test_dies(): # once: another worker runs it again
    if not os.path.exists(os.environ["DIED"]):
        open(os.environ["DIED"], "w").close()
        os._exit(3)
`,
    'test_gate.py': 'import os\ndef test_gate(): open(os.environ["GATE"]).read()\n',
    'test_broken.py': 'import no_such_module\n',
  });
  const gate = workspace.gate('gate');
  const daemon = await FakeDaemon.listen(workspace.runtimeDir);
  t.after(() => daemon.stop());
  const args = ['-p', 'xdist', '-n', '2', '--dist', 'loadfile', '--continue-on-collection-errors'];
  const run = workspace.start(args, { python, env: { GATE: gate, DIED: `${gate}-died` } });
  const named = (name: string) => daemon.event(({ fields }) => fields['job_name'] === name);
  await named('test_many.py::test_many[5]');
  const crash = await named('test_many.py::test_dies');
  assert.match(String(crash.fields['message']), /^worker 'gw\d' crashed/);
  assert.ok(!daemon.events.some(isSession));
  await writeFile(gate, '');
  const { code, output } = await run.closed;
  await daemon.disconnected();
  assert.equal(code, 1, output);
  assert.equal(daemon.connections, 1);
  assert.deepEqual(daemon.ops(), ['attach', 'emit', 'emit', 'emit', 'emit', 'detach']);
  const session = daemon.events.at(-1);
  assert.ok(session && isSession(session));
  const { passed, failed, errors, conclusion } = session.fields;
  assert.deepEqual([passed, failed, errors, conclusion], [10, 3, 1, 'failure'], output);
});
