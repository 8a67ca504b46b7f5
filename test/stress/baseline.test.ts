/** The committed verdicts are whole, and docs/stress.md shows their figures. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Verdict } from '../../cli/src/stress/verdict.js';
import { REPO } from '../support/sandbox.js';

const read = (file: string) => readFileSync(join(REPO, 'docs', file), 'utf8');

/** The part of the document under one heading. */
function section(heading: string): string {
  const [, part = ''] = read('stress.md').split(`## ${heading}\n`);
  return part.split('\n## ')[0] ?? '';
}

const KEPT = [
  { file: 'stress-baseline.json', heading: 'The baseline' },
  { file: 'harness-sweep.json', heading: "With the vendors' own CLIs" },
];

for (const { file, heading } of KEPT) {
  test(`${file} held, and its figures stand in the document`, () => {
    const verdict = JSON.parse(read(file)) as Verdict;
    const document = section(heading);
    assert.ok(verdict.ok && verdict.complete);
    assert.deepEqual(
      verdict.runs.map(({ n }) => n),
      [5, 10, 20],
    );
    assert.ok(document.includes(verdict.command));
    assert.ok(document.includes(verdict.machine.cpu));
    for (const { n, latency } of verdict.runs) {
      const all = [latency.seed, ...Object.values(latency.seed_by_family), latency.death];
      const row =
        document.split('\n').find((line) => new RegExp(`^\\| ${n} +\\|`).test(line)) ?? '';
      for (const figures of all) {
        const { median_ms, p99_ms } = figures ?? { median_ms: NaN, p99_ms: NaN };
        const cell = `${median_ms.toFixed(1)} / ${p99_ms.toFixed(1)}`;
        assert.ok(row.includes(cell), `N=${n}: ${cell} in ${row}`);
      }
    }
  });
}
