/** The arguments of the benchmark. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseOptions } from './options.js';
import { planOf } from './plan.js';

const GROUPS = ['latency', 'replay'];

test('without arguments everything is run in full, and peers may be installed', () => {
  const options = parseOptions([], GROUPS);
  assert.deepEqual(options, {
    quick: false,
    help: false,
    only: [],
    rounds: null,
    out: null,
    mayInstall: true,
  });
  assert.equal(planOf(options).name, 'full');
});

test('groups, rounds, a directory and no installing are taken', () => {
  const args = ['--quick', '--only', 'replay,latency', '--rounds', '3', '--out', 'x'];
  const options = parseOptions([...args, '--no-install'], GROUPS);
  assert.deepEqual(options.only, ['replay', 'latency']);
  assert.equal(options.out, 'x');
  assert.equal(options.mayInstall, false);
  const plan = planOf(options);
  assert.equal(plan.name, 'quick');
  assert.equal(plan.rounds, 3);
});

test('an unknown group, a bad number and an unknown flag are refused by name', () => {
  assert.throws(() => parseOptions(['--only', 'speed'], GROUPS), /speed.*latency, replay/);
  for (const rounds of ['0', '-1', '1.5', 'two']) {
    assert.throws(() => parseOptions([`--rounds=${rounds}`], GROUPS), /--rounds/);
  }
  assert.throws(() => parseOptions(['--fast'], GROUPS), /--fast/);
});

test('a quick run measures less of everything and leaves nothing out', () => {
  const full = planOf(parseOptions([], GROUPS));
  const quick = planOf(parseOptions(['--quick'], GROUPS));
  assert.deepEqual(Object.keys(quick), Object.keys(full));
  assert.ok(quick.rounds < full.rounds);
  assert.ok(quick.stored < full.stored);
});
