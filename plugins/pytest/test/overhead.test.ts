/**
 * What the plugin costs a run, as work that is counted: what is called in it and by it for one more
 * test that passes, and what its start brings along. Time is measured by `npm run latency`, where
 * nobody has to be right about it on a busy machine.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeDaemon } from './support/fake-daemon.js';
import { everyPython, Workspace } from './support/pytest-run.js';

/** Counts calls whose caller or callee is the plugin's code, from the first test to the last. */
const PROFILE = `
import collections, json, sys
calls = collections.Counter()
PLUGIN = "<waitbus_pytest>"
def profile(frame, event, arg):
    if event == "call" and frame.f_code.co_filename == PLUGIN:
        calls[frame.f_code.co_name] += 1
    elif event == "c_call" and frame.f_code.co_filename == PLUGIN:
        calls["C:" + arg.__name__] += 1
def pytest_runtestloop(): sys.setprofile(profile)
def pytest_sessionfinish():
    sys.setprofile(None)
    print("\\ncalls " + json.dumps(calls))
`;

async function calls(workspace: Workspace, python: string, tests: number) {
  workspace.write(
    'test_many.py',
    `import pytest\n@pytest.mark.parametrize("n", range(${tests}))\ndef test_empty(n): pass\n`,
  );
  const { output } = await workspace.run(['-q', '-s'], { python });
  assert.match(output, new RegExp(`${tests} passed`));
  return JSON.parse(/^calls (.*)$/m.exec(output)?.[1] ?? '') as Record<string, number>;
}

for (const [what, python] of everyPython()) {
  test(`a test that passes costs three looks at its reports, and no system call (${what})`, async (t) => {
    const workspace = new Workspace(t, { 'conftest.py': PROFILE });
    const daemon = await FakeDaemon.listen(workspace.runtimeDir);
    t.after(() => daemon.stop());
    const few = await calls(workspace, python, 100);
    const many = await calls(workspace, python, 300);
    await daemon.disconnected();
    const one = Object.keys(many).map((name) => [
      name,
      ((many[name] ?? 0) - (few[name] ?? 0)) / 200,
    ]);
    // Of a report of setup, of call and of teardown; hasattr for whether it is an xfail or a subtest.
    assert.deepEqual(Object.fromEntries(one.filter(([, count]) => count !== 0)), {
      pytest_runtest_logreport: 3,
      'C:hasattr': 2,
    });
    assert.deepEqual(daemon.ops(), ['attach', 'emit', 'detach', 'attach', 'emit', 'detach']);
  });

  test(`it brings no module along that pytest has not loaded (${what})`, async (t) => {
    const workspace = new Workspace(t, {
      'conftest.py': 'import sys\ndef pytest_configure(): print(sorted(sys.modules))\n',
    });
    const modules = async (plugin?: readonly string[]): Promise<Set<string>> => {
      const { output } = await workspace.run(
        ['-s'],
        plugin === undefined ? { python } : { python, plugin },
      );
      return new Set(output.match(/'[\w.]+'/g));
    };
    const without = await modules([]);
    const brought = [...(await modules())].filter((name) => !without.has(name));
    assert.ok(without.size > 100);
    // The codec is that of names in a zip file, which the wheel is.
    const own = ["'waitbus_pytest'", "'waitbus_pytest_loader'", "'encodings.cp437'"];
    assert.deepEqual(
      brought.filter((name) => !own.includes(name)),
      [],
    );
  });
}
