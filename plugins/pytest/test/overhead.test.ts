/**
 * What the plugin costs a run of 5,000 empty tests: CPU time of the process itself, of runs with and
 * without it in turn. Each run is cut after every 100 tests, and each piece counts with the least
 * that it took in any round: what else the machine does seldom weighs on the same piece every time.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeDaemon } from './support/fake-daemon.js';
import { Workspace } from './support/pytest-run.js';

const ROUNDS = 5;
const PIECES = 51;
const SHARE = 0.03;

const CONFTEST = `
import atexit, json, time
ended, marks = 0, []
def mark():
    marks.append(time.process_time())
def pytest_runtest_logfinish():
    global ended
    ended += 1
    if ended % 100 == 0:
        mark()
def tell():
    mark()
    print("marks " + json.dumps(marks))
atexit.register(tell)
`;

/** CPU time in seconds of each piece, in order. The first has the start in it, the last the end. */
function pieces(output: string): number[] {
  const marks = JSON.parse(/marks (\[.*\])/.exec(output)?.[1] ?? '[]') as number[];
  assert.equal(marks.length, PIECES);
  return marks.map((mark, index) => mark - (marks[index - 1] ?? 0));
}

/** The sum of the pieces, each at its least. */
function least(runs: readonly number[][]): number {
  let sum = 0;
  for (let index = 0; index < PIECES; index += 1)
    sum += Math.min(...runs.map((run) => run[index] ?? NaN));
  return sum;
}

test('5,000 empty tests take less than 3 % longer', async (t) => {
  const workspace = new Workspace(t, {
    'conftest.py': CONFTEST,
    'test_many.py':
      'import pytest\n@pytest.mark.parametrize("n", range(5000))\ndef test_empty(n): pass\n',
  });
  const daemon = await FakeDaemon.listen(workspace.runtimeDir);
  t.after(() => daemon.stop());
  const used = async (plugin?: readonly string[]): Promise<number[]> => {
    const { output } = await workspace.run(['-q'], plugin === undefined ? {} : { plugin });
    assert.match(output, /5000 passed/);
    return pieces(output);
  };
  const runs = { with: [] as number[][], without: [] as number[][] };
  for (let round = 0; round < ROUNDS; round += 1) {
    runs.without.push(await used([]));
    runs.with.push(await used());
  }
  assert.equal(daemon.connections, ROUNDS);
  const cpu = { with: least(runs.with), without: least(runs.without) };
  const share = cpu.with / cpu.without - 1;
  t.diagnostic(
    `${cpu.with.toFixed(3)} s of CPU with the plugin, ${cpu.without.toFixed(3)} s without: ` +
      `${(share * 100).toFixed(2)} %`,
  );
  assert.ok(share < SHARE, `${(share * 100).toFixed(2)} % more`);
});
