/** Ends that pytest does not survive, the versions of pytest that are here, and what the plugin costs. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { FakeDaemon } from './support/fake-daemon.js';
import { isSession, isTest, PYTHON, Workspace } from './support/pytest-run.js';

for (const [how, line, code, signal] of [
  ['os._exit(0)', 'import os; os._exit(0)', 0, null],
  ['a segmentation fault', 'import ctypes; ctypes.string_at(0)', null, 'SIGSEGV'],
] as const) {
  test(`${how} in a test leaves the will: a failure, whatever the exit status`, async (t) => {
    const suite = `def test_fail(): assert False\ndef test_crash():\n    ${line}\n`;
    const workspace = new Workspace(t, { 'test_crash.py': suite });
    const daemon = await FakeDaemon.listen(workspace.runtimeDir);
    t.after(() => daemon.stop());
    const ended = await workspace.run(['-p', 'no:faulthandler']);
    await daemon.disconnected();
    assert.deepEqual([ended.code, ended.signal], [code, signal]);
    assert.deepEqual(daemon.ops(), ['attach', 'emit']);
    assert.equal(daemon.requests[0]?.will?.fields['conclusion'], 'failure');
  });
}

/** Interpreters by the major version of their pytest. */
const found = new Map<string, string>();
for (const python of [PYTHON, '/usr/bin/python3']) {
  const asked = spawnSync(python, ['-c', 'import pytest; print(pytest.__version__)']);
  const major = asked.stdout?.toString().split('.')[0] ?? '';
  if (asked.status === 0 && !found.has(major)) found.set(major, python);
}
for (const major of ['7', '8', '9']) {
  const python = found.get(major);
  const skip = python === undefined && `no python3 here has pytest ${major}`;
  test(`pytest ${major}: failures, strict xpass, errors and the end`, { skip }, async (t) => {
    const workspace = new Workspace(t, {
      'test_all.py': `
import pytest
@pytest.fixture
def broken(): raise RuntimeError("no setup")
@pytest.fixture
def untidy():
    yield
    raise RuntimeError("no teardown")
def test_pass(): pass
def test_fail(): assert False
def test_setup(broken): pass
def test_teardown(untidy): pass
@pytest.mark.xfail
def test_xfail(): assert False
@pytest.mark.xfail(strict=True)
def test_xpass(): pass
`,
    });
    const daemon = await FakeDaemon.listen(workspace.runtimeDir);
    t.after(() => daemon.stop());
    const { output } = await workspace.run(['-q'], python === undefined ? {} : { python });
    await daemon.disconnected();
    assert.deepEqual(
      daemon.events.filter(isTest).map(({ fields }) => [fields['job_name'], fields['phase']]),
      [
        ['test_all.py::test_fail', 'call'],
        ['test_all.py::test_setup', 'setup'],
        ['test_all.py::test_teardown', 'teardown'],
        ['test_all.py::test_xpass', 'call'],
      ],
      output,
    );
    const session = daemon.events.find(isSession)?.fields;
    assert.deepEqual([session?.['failed'], session?.['errors'], session?.['xfailed']], [2, 2, 1]);
  });
}
