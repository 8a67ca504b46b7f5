/** Tests and conftests that take away what the plugin stands on: the failure and the end are told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeDaemon } from './support/fake-daemon.js';
import { everyPython, isSession, isTest, PYTHON, Workspace } from './support/pytest-run.js';

/** Each is run in a test that fails while it holds; what it does is never undone. */
const IN_A_TEST: Readonly<Record<string, string>> = {
  'every descriptor is taken': `
import resource
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
while True:
    try: kept.append(os.open("/dev/null", os.O_RDONLY))
    except OSError: break`,
  'os is gone': `
for name in ("getpid", "urandom", "open", "write", "rename", "mkdir", "makedirs", "stat", "fstat",
             "unlink", "close", "fspath", "getuid"): spoil(os, name)`,
  'os.path is gone': 'for name in ("join", "normpath", "exists"): spoil(os.path, name)',
  'json is gone': `
import json
for name in ("dumps", "loads", "JSONEncoder", "JSONDecoder"): spoil(json, name)
spoil(json.encoder, "JSONEncoder")
json.decoder.JSONDecoder.decode = broken`,
  'socket is gone': `
import socket
spoil(socket, "socket")
for name in ("send", "recv", "close", "settimeout"): setattr(socket.SocketType, name, broken)`,
  'select is gone': `
import select
for name in ("poll", "select", "epoll"): spoil(select, name)`,
  'time is gone': `
import time
for name in ("time_ns", "monotonic_ns", "clock_gettime_ns", "clock_gettime"): spoil(time, name)`,
  'hashlib, re and weakref are gone': `
import hashlib, re, weakref
for name in ("sha256", "md5", "new"): spoil(hashlib, name)
for name in ("search", "match", "compile"): spoil(re, name)
spoil(weakref, "ref")`,
  'builtins.open is a mock': 'import builtins; spoil(builtins, "open")',
  'no module can be imported': 'import builtins; spoil(builtins, "__import__")',
  'sys.modules is empty': 'import sys; sys.modules.clear()',
  'sys.stderr and sys.__stderr__ are gone': 'import sys; sys.__stderr__ = None',
  'a fake os in every module that has one': `
import sys, types
fake = types.SimpleNamespace(getpid=os.getpid, path=os.path, environ={})
for module in list(sys.modules.values()):
    if module is not None and getattr(module, "__name__", "").startswith("waitbus"):
        for name in ("os", "socket", "time", "_socket", "json", "sys"): setattr(module, name, fake)`,
  'the environment and the working directory are others': `
os.environ.clear()
os.chdir("/")`,
};

const suite = (act: string): string => `
import os
kept = []
def broken(*args, **kwargs): raise RuntimeError("taken away")
def spoil(module, name):
    if hasattr(module, name): undo.append((module, name, getattr(module, name)))
    setattr(module, name, broken)
undo = []
def test_spoils():
${act
  .trim()
  .split('\n')
  .map((line) => `    ${line}`)
  .join('\n')}
    assert False, "spoilt"
`;

/** pytest itself needs some of it back to go on; the plugin hears of the failure before. */
const RESTORE = `
import sys, pytest
modules = dict(sys.modules)
def pytest_runtest_logfinish(nodeid, location):
    sys.modules.update(modules)
    test = sys.modules["test_spoils"]
    for module, name, value in reversed(test.undo): setattr(module, name, value)
    import os
    for fd in test.kept: os.close(fd)
def pytest_collection_finish():
    modules.update(sys.modules)
`;

for (const [what, python] of everyPython()) {
  for (const [name, act] of Object.entries(IN_A_TEST)) {
    // Without a daemon more is asked of the system; one interpreter tries both.
    for (const bus of python === PYTHON ? ['a daemon', 'no daemon'] : ['no daemon']) {
      test(`${name}, with ${bus} (${what})`, async (t) => {
        const workspace = new Workspace(t, {
          'test_spoils.py': suite(act),
          'conftest.py': RESTORE,
        });
        let daemon: FakeDaemon | undefined;
        if (bus === 'a daemon') {
          daemon = await FakeDaemon.listen(workspace.runtimeDir);
          t.after(() => daemon?.stop());
        }
        const args = ['--tb=native', '--assert=plain', '-p', 'no:faulthandler', '-s'];
        const ended = await workspace.run(args, { python });
        await daemon?.disconnected();
        const events = daemon?.events ?? workspace.spooled().events;
        const session = events.find(isSession)?.fields;
        assert.equal(session?.['exit_code'], ended.code, ended.output);
        // Some of it pytest itself does not survive: its own internal error is all there is then.
        assert.ok(ended.code === 1 || ended.code === 3, ended.output);
        if (ended.code === 1 && session?.['failed'] !== 0) {
          const failure = events.find(isTest)?.fields;
          assert.equal(failure?.['job_name'], 'test_spoils.py::test_spoils', ended.output);
        }
        if (daemon !== undefined) assert.equal(daemon.ops().at(-1), 'detach');
      });
    }
  }
}

const FAIL = 'def test_fail(): assert False\n';

test('a report that is not as pytest makes it: the failure is told with what there is', async (t) => {
  const workspace = new Workspace(t, {
    'conftest.py': `
import pytest
@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    if call.when == "call": outcome.get_result().location = None
`,
    'test_one.py': FAIL,
    'pytest.ini': '[pytest]\naddopts = -p no:terminal\n',
  });
  const daemon = await FakeDaemon.listen(workspace.runtimeDir);
  t.after(() => daemon.stop());
  const silent = await workspace.run();
  assert.deepEqual([silent.code, silent.output], [1, '']);
  await daemon.disconnected();
  assert.deepEqual(daemon.ops(), ['attach', 'emit', 'emit', 'detach']);
  const [failure, session] = daemon.events;
  assert.equal(failure?.fields['job_name'], 'test_one.py::test_fail');
  assert.match(String(failure.fields['message']), /assert False/);
  assert.equal(session?.fields['failed'], 1);
  const told = await workspace.run([], { env: { WAITBUS_DEBUG: '1' } });
  assert.match(told.output, /^waitbus_pytest: fault: TypeError.*\n$/);
});

const SPOILT = 'import sys\ndef no(*args): raise RuntimeError("spoilt")\n';

test('an end that cannot be put together is told with its exit status alone', async (t) => {
  const workspace = new Workspace(t, {
    'conftest.py': `${SPOILT}sys.modules["waitbus_pytest"].Reporter._ending = no\n`,
    'test_one.py': FAIL,
  });
  const daemon = await FakeDaemon.listen(workspace.runtimeDir);
  t.after(() => daemon.stop());
  await workspace.run();
  await daemon.disconnected();
  const { summary, fields } = await daemon.event(isSession);
  assert.equal(summary, 'pytest ended with exit status 1');
  assert.deepEqual([fields['conclusion'], fields['exit_code']], ['failure', 1]);
});

test('where nothing can be told the will is left in place', async (t) => {
  const workspace = new Workspace(t, {
    'conftest.py': `${SPOILT}sys.modules["waitbus_pytest"].Reporter._event = no\n`,
    'test_one.py': FAIL,
  });
  const without = await workspace.run();
  assert.equal(without.code, 1);
  const [will] = workspace.spooled().events;
  assert.ok(will && isSession(will));
  assert.equal(will.fields['killed'], true);
  const daemon = await FakeDaemon.listen(workspace.runtimeDir);
  t.after(() => daemon.stop());
  await workspace.run();
  await daemon.disconnected();
  assert.deepEqual(daemon.ops(), ['attach']);
});

test('a test that closes every descriptor: what is opened under their numbers stays whole', async (t) => {
  const workspace = new Workspace(t, {
    'test_closes.py': `
import os
def test_closes():
    os.closerange(3, 64)
    for n in range(32): os.open("file-%d" % n, os.O_RDWR | os.O_CREAT)
    assert False
def test_whole(): assert all(os.path.getsize("file-%d" % n) == 0 for n in range(32))
`,
  });
  const daemon = await FakeDaemon.listen(workspace.runtimeDir);
  t.after(() => daemon.stop());
  const ended = await workspace.run(['-s', '-p', 'no:faulthandler']);
  assert.match(ended.output, /1 failed, 1 passed/);
  await daemon.disconnected();
  assert.ok([...daemon.events, ...workspace.spooled().events].some(isTest));
});
