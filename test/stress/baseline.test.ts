/** The committed baseline is a whole verdict, and docs/stress.md shows its figures. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Verdict } from '../../cli/src/stress/verdict.js';
import { REPO } from '../support/sandbox.js';

const read = (file: string) => readFileSync(join(REPO, 'docs', file), 'utf8');

test('the baseline held, and its figures stand in the document', () => {
  const verdict = JSON.parse(read('stress-baseline.json')) as Verdict;
  const document = read('stress.md');
  assert.ok(verdict.ok && verdict.complete);
  assert.deepEqual(
    verdict.runs.map(({ n }) => n),
    [5, 10, 20],
  );
  assert.ok(document.includes(verdict.command));
  assert.ok(document.includes(verdict.machine.cpu));
  for (const { n, latency } of verdict.runs) {
    const cells = [latency.seed, latency.death].map((figures) => {
      const { median_ms, p99_ms } = figures ?? { median_ms: NaN, p99_ms: NaN };
      return `${median_ms.toFixed(1)} / ${p99_ms.toFixed(1)}`;
    });
    const row = document.split('\n').find((line) => new RegExp(`^\\| ${n} +\\|`).test(line)) ?? '';
    for (const cell of cells) assert.ok(row.includes(cell), `N=${n}: ${cell} in ${row}`);
  }
});
