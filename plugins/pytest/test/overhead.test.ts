/**
 * What the plugin costs a run of 5,000 empty tests: CPU time of the process itself, of runs with and
 * without it in turn, the least of each, so that what else the machine does weighs on neither.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeDaemon } from './support/fake-daemon.js';
import { Workspace } from './support/pytest-run.js';

const ROUNDS = 5;
const SHARE = 0.03;

test('5,000 empty tests take less than 3 % longer', async (t) => {
  const workspace = new Workspace(t, {
    'conftest.py': `
import atexit, resource
def tell():
    used = resource.getrusage(resource.RUSAGE_SELF)
    print("used %.6f s" % (used.ru_utime + used.ru_stime))
atexit.register(tell)
`,
    'test_many.py':
      'import pytest\n@pytest.mark.parametrize("n", range(5000))\ndef test_empty(n): pass\n',
  });
  const daemon = await FakeDaemon.listen(workspace.runtimeDir);
  t.after(() => daemon.stop());
  const used = async (plugin?: readonly string[]): Promise<number> => {
    const { output } = await workspace.run(['-q'], plugin === undefined ? {} : { plugin });
    assert.match(output, /5000 passed/);
    return Number(/used ([\d.]+) s/.exec(output)?.[1]);
  };
  const least = { with: Infinity, without: Infinity };
  for (let round = 0; round < ROUNDS; round += 1) {
    least.without = Math.min(least.without, await used([]));
    least.with = Math.min(least.with, await used());
  }
  assert.equal(daemon.connections, ROUNDS);
  const share = least.with / least.without - 1;
  t.diagnostic(
    `${least.with.toFixed(3)} s of CPU with the plugin, ${least.without.toFixed(3)} s without: ` +
      `${(share * 100).toFixed(2)} %`,
  );
  assert.ok(share < SHARE, `${(share * 100).toFixed(2)} % more`);
});
