/**
 * What the pytest plugin costs a run of 5,000 empty tests: CPU time of the process itself, of runs with
 * and without it in turn. Each run is cut after every 100 tests, and each piece counts with the least
 * that it took in any round: what else the machine does seldom weighs on the same piece every time.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Sandbox } from '../../support/sandbox.js';
import type { Cost } from '../cost.js';

const ROUNDS = 5;
const PIECES = 51;

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
const SUITE =
  'import pytest\n@pytest.mark.parametrize("n", range(5000))\ndef test_empty(n): pass\n';
const ARGS = ['-q', '-p', 'no:cacheprovider'];

export const pytest: Cost = {
  source: 'pytest',
  what: 'a run of 5,000 empty tests with its plugin takes so much more CPU time',
  missing: () =>
    spawnSync('python3', ['-c', 'import pytest']).status === 0 ? null : 'python3 has no pytest',
  measure: async () => {
    await using box = new Sandbox();
    writeFileSync(join(box.work, 'conftest.py'), CONFTEST);
    writeFileSync(join(box.work, 'test_many.py'), SUITE);
    const runs = { with: [] as number[][], without: [] as number[][] };
    for (let round = 0; round < ROUNDS; round += 1) {
      const { work: cwd, env } = box;
      const plain = spawnSync('python3', ['-m', 'pytest', ...ARGS], { cwd, env, encoding: 'utf8' });
      runs.without.push(pieces(plain.stdout));
      runs.with.push(pieces((await box.waitbus(['pytest', '--', ...ARGS]).ended).stdout));
    }
    return `${((least(runs.with) / least(runs.without) - 1) * 100).toFixed(1)} %`;
  },
};

/** CPU time in seconds of each piece, in order. The first has the start in it, the last the end. */
function pieces(output: string): number[] {
  const marks = JSON.parse(/marks (\[.*\])/.exec(output)?.[1] ?? '[]') as number[];
  if (marks.length !== PIECES) throw new Error(`a run of pytest told ${marks.length} times`);
  return marks.map((mark, at) => mark - (marks[at - 1] ?? 0));
}

/** The sum of the pieces, each at its least. */
function least(runs: readonly number[][]): number {
  const places = Array.from({ length: PIECES }, (_, at) => at);
  return places.reduce((sum, at) => sum + Math.min(...runs.map((run) => run[at] ?? NaN)), 0);
}
