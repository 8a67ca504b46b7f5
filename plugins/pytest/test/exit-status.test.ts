/** The exit status that is told is the one that the process had, whatever makes it so at the end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeDaemon, type Envelope } from './support/fake-daemon.js';
import { everyPython, isSession, pythonWith, Workspace } from './support/pytest-run.js';

const PASS = 'def test_pass(): pass\n';
const FAIL = 'def test_fail(): assert False\n';

interface Case {
  readonly conftest: string;
  readonly suite?: string;
  readonly code: number;
  readonly conclusion: string;
}

const CASES: Readonly<Record<string, Case>> = {
  'a hook that raises in pytest_unconfigure': {
    conftest: 'def pytest_unconfigure(): raise RuntimeError("late")',
    code: 1,
    conclusion: 'failure',
  },
  'a hook that raises in pytest_sessionfinish': {
    conftest: 'def pytest_sessionfinish(): raise RuntimeError("late")',
    code: 1,
    conclusion: 'failure',
  },
  'sys.exit in pytest_unconfigure': {
    conftest: 'import sys\ndef pytest_unconfigure(): sys.exit(9)',
    code: 9,
    conclusion: 'failure',
  },
  'os._exit in pytest_unconfigure of a run that passed': {
    conftest: 'import os\ndef pytest_unconfigure(): os._exit(7)',
    code: 7,
    conclusion: 'failure',
  },
  'os._exit(0) in pytest_unconfigure of a run that passed': {
    conftest: 'import os\ndef pytest_unconfigure(): os._exit(0)',
    code: 0,
    conclusion: 'success',
  },
  'os._exit in pytest_sessionfinish with the status of the run': {
    conftest: 'import os\ndef pytest_sessionfinish(exitstatus): os._exit(int(exitstatus))',
    suite: FAIL,
    code: 1,
    conclusion: 'failure',
  },
  'a status of its own, set at the very end': {
    conftest:
      'import pytest\n@pytest.hookimpl(trylast=True)\n' +
      'def pytest_sessionfinish(session): session.exitstatus = 11',
    code: 11,
    conclusion: 'failure',
  },
  'Ctrl-C, and then a teardown that fails': {
    conftest: `
import pytest
@pytest.fixture(scope="session", autouse=True)
def untidy():
    yield
    raise RuntimeError("teardown")
`,
    suite: 'import os, signal\ndef test_stop(): os.kill(os.getpid(), signal.SIGINT)\n',
    code: 1,
    conclusion: 'failure',
  },
  'pytest.exit with a status': {
    conftest: '',
    suite: 'import pytest\ndef test_exit(): pytest.exit("so", returncode=6)\n',
    code: 6,
    conclusion: 'failure',
  },
  'sys.exit in a test is a failed test': {
    conftest: '',
    suite: 'import sys\ndef test_exit(): sys.exit(0)\n',
    code: 1,
    conclusion: 'failure',
  },
  'a child that a hook forks at the end ends nothing': {
    conftest: `
import os
def pytest_sessionfinish():
    if os.fork() == 0: os._exit(5)
    os.wait()
`,
    code: 0,
    conclusion: 'success',
  },
};

async function only(daemon: FakeDaemon): Promise<Envelope> {
  await daemon.disconnected();
  const sessions = daemon.events.filter(isSession);
  assert.equal(sessions.length, 1);
  assert.equal(daemon.ops().at(-1), 'detach');
  assert.ok(sessions[0]);
  return sessions[0];
}

for (const [what, python] of everyPython()) {
  for (const [name, { conftest, suite = PASS, code, conclusion }] of Object.entries(CASES)) {
    test(`${name} (${what})`, async (t) => {
      const workspace = new Workspace(t, { 'conftest.py': `${conftest}\n`, 'test_one.py': suite });
      const daemon = await FakeDaemon.listen(workspace.runtimeDir);
      t.after(() => daemon.stop());
      const ended = await workspace.run([], { python });
      const { fields } = await only(daemon);
      assert.equal(ended.code, code, ended.output);
      assert.deepEqual([fields['exit_code'], fields['conclusion']], [code, conclusion]);
    });
  }
}

test('xdist stopped by -x: a failure, not cancelled', async (t) => {
  const python = pythonWith('pytest', 'xdist');
  if (python === undefined) return t.skip('pytest-xdist is not installed');
  const workspace = new Workspace(t, { 'test_one.py': FAIL + PASS });
  const daemon = await FakeDaemon.listen(workspace.runtimeDir);
  t.after(() => daemon.stop());
  const ended = await workspace.run(['-p', 'xdist', '-n', '1', '-x'], { python });
  const { fields } = await only(daemon);
  assert.equal(fields['exit_code'], ended.code, ended.output);
  assert.equal(fields['conclusion'], 'failure');
});

test('an error that is handled around a run is not the end of the run', async (t) => {
  const workspace = new Workspace(t, {
    'test_one.py': PASS,
    'around.py': `
import pytest
try:
    raise RuntimeError("before")
except RuntimeError:
    pytest.main(["-q", "-p", "no:cacheprovider", "-p", "waitbus_pytest", "test_one.py"])
`,
  });
  const daemon = await FakeDaemon.listen(workspace.runtimeDir);
  t.after(() => daemon.stop());
  await workspace.run([], { plugin: [], script: 'around.py' });
  assert.equal((await only(daemon)).fields['exit_code'], 0);
});
