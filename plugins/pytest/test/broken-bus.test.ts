/** A bus that is broken costs a test run little, and never fails it. */
import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { FakeDaemon, type Manner } from './support/fake-daemon.js';
import { isSession, isTest, Workspace } from './support/pytest-run.js';

/** Enough text that the socket's buffers fill many times over. */
const MANY_FAILURES = `
import pytest
@pytest.mark.parametrize("n", range(100))
def test_fail(n): raise ValueError("x" * 40_000)
`;
/** Adds up what the plugin lets itself wait for the daemon: the time-outs that ran out. */
const TIME_IN_BUS = `
import waitbus_pytest_loader
Real = waitbus_pytest_loader.plugin.Real
waited, waits = 0.0, 0
class Link(Real.link):
    limit = None
    def setblocking(self, flag):
        self.limit = None
        super().setblocking(flag)
    def settimeout(self, seconds):
        self.limit = seconds
        super().settimeout(seconds)
    def timed(self, act, *args):
        global waited, waits
        waits += self.limit is not None
        try: return act(*args)
        except Real.timeout:
            waited += self.limit
            raise
    def send(self, *args): return self.timed(super().send, *args)
    def recv(self, *args): return self.timed(super().recv, *args)
Real.link = Link
import atexit
atexit.register(lambda: print("waited %.1f ms in %d waits" % (waited * 1000, waits)))
`;
const FAIL = 'def test_fail(): assert False\n';

test('no daemon: every event is a file in the spool, the moment it happens', async (t) => {
  const workspace = new Workspace(t, {
    'test_one.py': `
import os
SPOOL = os.path.join(os.environ["WAITBUS_STATE_DIR"], "spool")
def test_first(): assert False
def test_second(): assert len(os.listdir(SPOOL)) == 1
def test_third(): assert False
`,
  });
  const { code, output } = await workspace.run([], { env: { WAITBUS_DEBUG: '' } });
  assert.equal(code, 1);
  assert.match(output, /2 failed, 1 passed/);
  const { events, names, modes } = workspace.spooled();
  assert.deepEqual(
    events.map(({ fields, event_type }) => fields['job_name'] ?? event_type),
    ['test_one.py::test_first', 'test_one.py::test_third', 'pytest_session'],
  );
  for (const name of names) assert.match(name, /^\d{19}-\d+-[0-9a-f]+\.ndjson$/);
  assert.deepEqual(modes, [0o700, 0o600, 0o600, 0o600]);
  assert.equal(new Set(events.map((event) => event.delivery_id)).size, 3);
  assert.ok(events.every((event) => event.source === 'pytest' && event.received_at > 0));
});

test('a daemon that comes up in mid-run is told the rest', async (t) => {
  const workspace = new Workspace(t, {
    'test_gate.py': `
import os
def test_first(): assert False
def test_second():
    open(os.environ["READY"], "w").close()
    open(os.environ["GATE"]).read()
def test_third(): assert False
`,
  });
  const [ready, gate] = [workspace.gate('ready'), workspace.gate('gate')];
  const run = workspace.start([], { env: { READY: ready, GATE: gate } });
  await readFile(ready);
  const daemon = await FakeDaemon.listen(workspace.runtimeDir);
  t.after(() => daemon.stop());
  await writeFile(gate, '');
  await run.closed;
  await daemon.disconnected();
  assert.deepEqual(daemon.ops(), ['attach', 'emit', 'emit', 'detach']);
  assert.deepEqual(
    workspace.spooled().events.map(({ fields }) => fields['job_name']),
    ['test_gate.py::test_first'],
  );
});

for (const manner of ['mute', 'deaf'] satisfies Manner[]) {
  test(`a ${manner} daemon costs a bounded time once, and nothing is lost`, async (t) => {
    const workspace = new Workspace(t, { 'test_many.py': MANY_FAILURES });
    workspace.write('counting.py', TIME_IN_BUS);
    const daemon = await FakeDaemon.listen(workspace.runtimeDir, manner);
    t.after(() => daemon.stop());
    const { output } = await workspace.run(['-q', '--tb=line', '-s'], {
      plugin: ['-p', 'counting', '-p', 'waitbus_pytest'],
    });
    assert.match(output, /100 failed/);
    assert.equal(daemon.connections, 1);
    assert.equal(workspace.spooled().events.length, 101);
    const [, waited = '', waits = ''] = /waited ([\d.]+) ms in (\d+) waits/.exec(output) ?? [];
    assert.ok(Number(waits) > 0, output);
    // What the run asked the system to wait, whatever else kept the machine busy.
    assert.ok(Number(waited) > 0 && Number(waited) <= 250, `${waited} ms of waiting`);
    if (manner === 'deaf') {
      await daemon.disconnected();
      assert.equal(daemon.ops().at(-1), 'detach', 'so that no will follows when it wakes');
    }
  });
}

test('a daemon that freezes before the end: what it has not acknowledged is spooled', async (t) => {
  const workspace = new Workspace(t, { 'test_one.py': FAIL });
  const daemon = await FakeDaemon.listen(workspace.runtimeDir, 'deaf');
  t.after(() => daemon.stop());
  await workspace.run();
  await daemon.disconnected();
  assert.deepEqual(daemon.ops(), ['attach', 'emit', 'emit', 'detach']);
  assert.deepEqual(
    new Set(workspace.spooled().events.map((event) => event.delivery_id)),
    new Set(daemon.events.map((event) => event.delivery_id)),
  );
});

test('a bus that speaks garbage is left, and everything is spooled', async (t) => {
  const workspace = new Workspace(t, { 'test_many.py': MANY_FAILURES });
  const daemon = await FakeDaemon.listen(workspace.runtimeDir, 'garbage');
  t.after(() => daemon.stop());
  const { output } = await workspace.run(['-q', '--tb=line']);
  assert.match(output, /100 failed/);
  assert.equal(daemon.connections, 1);
  assert.equal(workspace.spooled().events.length, 101);
});

test('events that the daemon cannot store are spooled', async (t) => {
  const workspace = new Workspace(t, { 'test_one.py': FAIL });
  const daemon = await FakeDaemon.listen(workspace.runtimeDir, 'refuse');
  t.after(() => daemon.stop());
  await workspace.run();
  assert.equal(workspace.spooled().events.length, 2);
});

test('a daemon that goes away in mid-run: the rest is spooled', async (t) => {
  const workspace = new Workspace(t, {
    'test_gate.py': `
import os
def test_first(): assert False
def test_second(): open(os.environ["GATE"]).read()
def test_third(): assert False
def test_fourth(): assert False
`,
  });
  const gate = workspace.gate('gate');
  const daemon = await FakeDaemon.listen(workspace.runtimeDir);
  const run = workspace.start([], { env: { GATE: gate } });
  await daemon.event(isTest);
  await daemon.stop();
  await writeFile(gate, '');
  const { code, output } = await run.closed;
  assert.equal(code, 1);
  assert.match(output, /3 failed, 1 passed/);
  const events = new Map(
    [...daemon.events, ...workspace.spooled().events].map((event) => [event.delivery_id, event]),
  );
  assert.equal([...events.values()].filter(isTest).length, 3);
  assert.equal([...events.values()].filter(isSession).length, 1);
});

test('neither bus nor spool: the run is as it would be', async (t) => {
  const workspace = new Workspace(t, { 'test_one.py': FAIL });
  writeFileSync(workspace.stateDir, 'a file where a directory should be');
  writeFileSync(join(workspace.runtimeDir, 'broadcast.sock'), 'not a socket');
  chmodSync(workspace.runtimeDir, 0o500);
  const { code, output } = await workspace.run();
  assert.equal(code, 1);
  assert.match(output, /1 failed/);
  assert.doesNotMatch(output, /waitbus/i);
});
