/** How the plugin is loaded: by one variable, and where that is not had a run is as without it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { FakeDaemon } from './support/fake-daemon.js';
import {
  everyPython,
  isSession,
  PYTHON,
  pythonWith,
  WHEEL,
  Workspace,
} from './support/pytest-run.js';

const SUITE = {
  'src/shop.py': 'TOTAL = 3\n',
  'test_one.py': 'def test_fail(): assert False\n',
};
/** As a shell has it after `eval "$(waitbus source env pytest)"`. */
const LOADED = { PYTEST_DISABLE_PLUGIN_AUTOLOAD: undefined, PYTHONPATH: WHEEL };

interface Case {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly isolated?: readonly string[];
  readonly args?: readonly string[];
}

/** Ways in which a run does without the variable: none may break it, and none reports. */
const ABSENT: Readonly<Record<string, Case>> = {
  'PYTHONPATH is another': { env: { PYTHONPATH: 'src' } },
  'PYTHONPATH is empty': { env: { PYTHONPATH: '' } },
  'python -I': { isolated: ['-I'] },
  'python -E': { isolated: ['-E'] },
  'plugins are not loaded by themselves': { env: { PYTEST_DISABLE_PLUGIN_AUTOLOAD: '1' } },
  'it is told to stay away': { args: ['-p', 'no:waitbus_pytest'] },
  'the wheel is gone': { env: { PYTHONPATH: `${WHEEL}.gone` } },
};

for (const [what, python] of everyPython()) {
  test(`PYTHONPATH alone loads it (${what})`, async (t) => {
    const workspace = new Workspace(t, SUITE);
    for (const PYTHONPATH of [WHEEL, `${WHEEL}:src`, `src:${WHEEL}`]) {
      const daemon = await FakeDaemon.listen(workspace.runtimeDir);
      const ended = await workspace.run([], { python, plugin: [], env: { ...LOADED, PYTHONPATH } });
      await daemon.disconnected();
      assert.equal(ended.code, 1);
      assert.deepEqual(daemon.ops(), ['attach', 'emit', 'emit', 'detach'], PYTHONPATH);
      await daemon.stop();
    }
  });

  for (const [name, { env = {}, isolated = [], args = [] }] of Object.entries(ABSENT)) {
    test(`${name}: the run is as it was, and tells nothing (${what})`, async (t) => {
      const workspace = new Workspace(t, SUITE);
      const daemon = await FakeDaemon.listen(workspace.runtimeDir);
      t.after(() => daemon.stop());
      const options = { python, plugin: [], isolated, env: { ...LOADED, ...env } };
      const ended = await workspace.run(args, options);
      assert.equal(ended.code, 1, ended.output);
      assert.match(ended.output, /1 failed/);
      assert.doesNotMatch(ended.output, /waitbus|[Ww]arning/);
      assert.equal(daemon.connections, 0);
      assert.equal(workspace.spooled().names.length, 0);
    });
  }

  test(`a wheel whose plugin is gone or broken is no plugin (${what})`, async (t) => {
    const workspace = new Workspace(t, SUITE);
    const directory = join(workspace.root, 'moved');
    mkdirSync(directory);
    const wheel = join(directory, 'waitbus_pytest_loader-1-py3-none-any.whl');
    copyFileSync(WHEEL, wheel);
    const env = { ...LOADED, PYTHONPATH: wheel };
    for (const text of [undefined, 'def broken(:\n', 'raise SystemError("no")\n']) {
      if (text !== undefined) workspace.write('../moved/waitbus_pytest.py', text);
      const ended = await workspace.run([], { python, plugin: [], env });
      assert.equal(ended.code, 1, ended.output);
      assert.match(ended.output, /1 failed/);
      assert.doesNotMatch(ended.output, /Traceback|[Ww]arning|ImportError|SyntaxError/);
    }
  });

  test(`pip does not list what is on PYTHONPATH (${what})`, (t) => {
    const env = { ...process.env, PYTHONPATH: WHEEL };
    const listed = spawnSync(python, ['-m', 'pip', 'list', '--format=freeze'], { env });
    if (listed.status !== 0) return t.skip('no pip');
    assert.doesNotMatch(listed.stdout.toString() + listed.stderr.toString(), /waitbus/i);
  });

  test(`the header of a run and its coverage do not show it (${what})`, async (t) => {
    const workspace = new Workspace(t, {
      ...SUITE,
      'conftest.py': `
import sys
def pytest_unconfigure():
    plugin = sys.modules["waitbus_pytest"]
    print("code of", plugin.Reporter.end.__code__.co_filename)
`,
    });
    const ended = await workspace.run(['-s'], { python, plugin: [], env: LOADED });
    assert.doesNotMatch(ended.output, /^plugins:.*waitbus/m);
    assert.match(ended.output, /^code of <waitbus_pytest>$/m);
  });
}

test('-p waitbus_pytest loads it where plugins are not loaded by themselves', async (t) => {
  const workspace = new Workspace(t, SUITE);
  const daemon = await FakeDaemon.listen(workspace.runtimeDir);
  t.after(() => daemon.stop());
  await workspace.run(['-p', 'waitbus_pytest'], { plugin: [] });
  await daemon.disconnected();
  assert.ok(daemon.events.some(isSession));
});

test('workers of xdist and the pytest of a test have it loaded, and are no runs', async (t) => {
  const python = pythonWith('pytest', 'xdist');
  if (python === undefined) return t.skip('pytest-xdist is not installed');
  const workspace = new Workspace(t, {
    'test_outer.py': `
import subprocess, sys
pytest_plugins = ["pytester"]
def test_process():
    assert subprocess.run([sys.executable, "-m", "pytest", "inner.py"]).returncode == 1
def test_pytester(pytester):
    pytester.makepyfile("def test(): assert 0")
    pytester.runpytest_subprocess().assert_outcomes(failed=1)
    pytester.runpytest_inprocess().assert_outcomes(failed=1)
`,
    'inner.py': 'def test_meant_to_fail(): assert False\n',
  });
  const daemon = await FakeDaemon.listen(workspace.runtimeDir);
  t.after(() => daemon.stop());
  const ended = await workspace.run(['-n', '2'], { python, plugin: [], env: LOADED });
  await daemon.disconnected();
  assert.equal(ended.code, 0, ended.output);
  assert.equal(daemon.connections, 1);
  assert.deepEqual(daemon.ops(), ['attach', 'emit', 'detach']);
});

test('the wheel is what loader/build.py makes of the loader', (t) => {
  const build = fileURLToPath(new URL('../loader/build.py', import.meta.url));
  const workspace = new Workspace(t, {});
  const into = join(workspace.root, 'plugin');
  mkdirSync(join(into, 'loader'), { recursive: true });
  mkdirSync(join(into, 'python'));
  for (const name of ['build.py', 'waitbus_pytest_loader.py']) {
    copyFileSync(join(build, '..', name), join(into, 'loader', name));
  }
  assert.equal(spawnSync(PYTHON, [join(into, 'loader', 'build.py')]).status, 0);
  const built = join(into, 'python', 'waitbus_pytest_loader-1-py3-none-any.whl');
  assert.deepEqual(
    readFileSync(built),
    readFileSync(WHEEL),
    'python3 plugins/pytest/loader/build.py',
  );
});
