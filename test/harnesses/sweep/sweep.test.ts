/**
 * The sweep of `waitbus stress` with the vendors' own CLIs, their hooks and MCP as `waitbus install` puts
 * them there, and a fake model. WAITBUS_SWEEP says how many agents, WAITBUS_SWEEP_OUT where the verdict
 * goes; `npm run test:harnesses -- --sweep 5,10,20 --out FILE` sets both.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { machine } from '../../../cli/src/stress/machine.js';
import type { StepResult } from '../../../cli/src/stress/step-form.js';
import { linesOf, verdictOf } from '../../../cli/src/stress/verdict.js';
import { REPO } from '../../support/sandbox.js';
import { programOf } from '../cache.js';
import { lacks } from '../requirements.js';
import { REAL_HARNESSES, VERSIONS } from '../versions.js';
import { play } from './stage.js';

const { WAITBUS_SWEEP: chosen = '5', WAITBUS_SWEEP_OUT: out } = process.env;
const counts = chosen.split(',').map(Number);
const present = REAL_HARNESSES.filter((name) => programOf(name) !== null);
const absent = REAL_HARNESSES.filter((name) => programOf(name) === null);
const skip = lacks() || (present.length < 2 ? 'a sweep needs two harnesses in the cache' : false);
const facts = {
  at: new Date().toISOString(),
  command: `npm run test:harnesses -- --sweep ${chosen}`,
  waitbus: versionOf(join(REPO, 'cli', 'package.json')),
  machine: machine(),
  real: true,
  families: REAL_HARNESSES.map((name) => ({
    name,
    title: `${VERSIONS[name].package} ${VERSIONS[name].version}`,
    absent: absent.includes(name) ? 'not in the cache' : null,
  })),
  budgetUsd: 0,
  planned: counts.length,
};
const steps: StepResult[] = [];

for (const count of counts) {
  test(
    `${count} sessions of ${present.join(', ')} hear all of each other, once`,
    { skip },
    async (t) => {
      assert.ok(count >= present.length, 'a sweep has a session of each family');
      for (const name of absent) t.diagnostic(`${name} is absent: not in the cache`);
      const step = await play(present, count);
      steps.push(step);
      const [run] = verdictOf({ ...facts, planned: 1 }, [step]).runs;
      assert.ok(run !== undefined);
      for (const line of linesOf(run)) t.diagnostic(line);
      for (const { name, ok, violations, checked } of run.invariants) {
        assert.ok(ok, `${name}: ${checked} checked; ${violations.join('; ')}`);
      }
    },
  );
}

after(() => {
  if (out === undefined || out === '' || steps.length === 0) return;
  writeFileSync(out, `${JSON.stringify(verdictOf(facts, steps), null, 2)}\n`);
});

function versionOf(file: string): string {
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
