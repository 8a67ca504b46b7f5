/** What ends a run before its session begins: told as one failed `pytest_session`, with the cause. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeDaemon } from './support/fake-daemon.js';
import { everyPython, isSession, Workspace } from './support/pytest-run.js';

interface Case {
  readonly files: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  readonly code: number;
  readonly message: RegExp;
}

const PASS = 'def test_pass(): pass\n';

const CASES: Readonly<Record<string, Case>> = {
  'an import error in a conftest': {
    files: { 'conftest.py': 'import no_such_module\n' },
    code: 4,
    message: /^conftest .*conftest\.py: ModuleNotFoundError: No module named 'no_such_module'$/,
  },
  'a syntax error in a conftest': {
    files: { 'conftest.py': 'def broken(:\n' },
    code: 4,
    message: /conftest\.py: SyntaxError: /,
  },
  'an option that there is not': {
    files: {},
    args: ['--no-such-option'],
    code: 4,
    message: /unrecognized arguments: --no-such-option/,
  },
  'a plugin that a conftest names and that is not there': {
    files: { 'conftest.py': 'pytest_plugins = ["no_such_plugin"]\n' },
    code: 1,
    message: /^ImportError: Error importing plugin "no_such_plugin"/,
  },
  'a plugin that the configuration requires': {
    files: { 'pytest.ini': '[pytest]\nrequired_plugins = no-such-plugin\n' },
    code: 4,
    message: /no-such-plugin/,
  },
  'a hook that raises in pytest_addoption': {
    files: { 'conftest.py': 'def pytest_addoption(parser): raise RuntimeError("no options")\n' },
    code: 1,
    message: /^RuntimeError: no options$/,
  },
  'a hook that raises in pytest_configure': {
    files: { 'conftest.py': 'def pytest_configure(config): raise RuntimeError("no config")\n' },
    code: 3,
    message: /no config/,
  },
  'a usage error in pytest_configure': {
    files: {
      'conftest.py':
        'import pytest\ndef pytest_configure(config): raise pytest.UsageError("use it well")\n',
    },
    code: 4,
    message: /^use it well$/,
  },
  'a hook that raises in pytest_sessionstart': {
    files: { 'conftest.py': 'def pytest_sessionstart(session): raise RuntimeError("no start")\n' },
    code: 3,
    message: /no start/,
  },
  'a hook that raises in pytest_cmdline_main': {
    files: { 'conftest.py': 'def pytest_cmdline_main(config): raise RuntimeError("no main")\n' },
    code: 1,
    message: /^RuntimeError: no main$/,
  },
  'sys.exit(0) in a conftest': {
    files: { 'conftest.py': 'import sys\nsys.exit(0)\n' },
    code: 0,
    message: /^SystemExit: 0$/,
  },
  'sys.exit("why") in a conftest': {
    files: { 'conftest.py': 'import sys\nsys.exit("why")\n' },
    code: 1,
    message: /^SystemExit: why$/,
  },
  'no directory of that name': {
    files: {},
    args: ['no_such_directory'],
    code: 4,
    message: /no_such_directory/,
  },
};

for (const [what, python] of everyPython()) {
  for (const [name, { files, args = [], code, message }] of Object.entries(CASES)) {
    test(`${name} (${what})`, async (t) => {
      const workspace = new Workspace(t, { 'test_one.py': PASS, ...files });
      const daemon = await FakeDaemon.listen(workspace.runtimeDir);
      t.after(() => daemon.stop());
      const ended = await workspace.run(args, { python });
      await daemon.disconnected();
      assert.deepEqual(daemon.ops(), ['attach', 'emit', 'detach'], ended.output);
      const [session] = daemon.events;
      assert.ok(session && isSession(session));
      assert.equal(ended.code, code, ended.output);
      assert.equal(session.fields['exit_code'], code);
      assert.equal(session.fields['conclusion'], 'failure');
      assert.equal(session.fields['total'], 0);
      assert.equal(session.fields['cwd'], workspace.suite);
      assert.match(String(session.fields['message']), message);
      assert.match(session.summary, /^pytest(: no tests ran| ended before its session began)/);
    });
  }

  for (const [name, line, signal] of [
    ['os._exit', 'os._exit(7)', null],
    ['SIGKILL', 'os.kill(os.getpid(), 9)', 'SIGKILL'],
  ] as const) {
    test(`${name} while a conftest is loaded leaves the will (${what})`, async (t) => {
      const workspace = new Workspace(t, { 'conftest.py': `import os\n${line}\n` });
      const daemon = await FakeDaemon.listen(workspace.runtimeDir);
      t.after(() => daemon.stop());
      const ended = await workspace.run([], { python });
      await daemon.disconnected();
      assert.equal(ended.signal, signal);
      assert.deepEqual(daemon.ops(), ['attach']);
      assert.equal(daemon.requests[0]?.will?.fields['conclusion'], 'failure');
    });
  }
}

test('Ctrl-C while a conftest is loaded: cancelled', async (t) => {
  const workspace = new Workspace(t, {
    'conftest.py': 'import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n',
  });
  const daemon = await FakeDaemon.listen(workspace.runtimeDir);
  t.after(() => daemon.stop());
  await workspace.run();
  await daemon.disconnected();
  const fields = daemon.events.find(isSession)?.fields;
  assert.deepEqual([fields?.['conclusion'], fields?.['exit_code']], ['cancelled', 130]);
});

test('what lists something tells nothing, also when it fails', async (t) => {
  const workspace = new Workspace(t, { 'conftest.py': 'import no_such_module\n' });
  const daemon = await FakeDaemon.listen(workspace.runtimeDir);
  t.after(() => daemon.stop());
  for (const option of ['--collect-only', '--help', '--fixtures', '--markers', '--version']) {
    await workspace.run([option]);
  }
  assert.equal(daemon.connections, 0);
});
