/**
 * `waitbus stress --real`, with stand-ins for the vendors' CLIs on PATH that print what those print:
 * how they are run, what they answer, what they used, and when the budget stops. The CLIs themselves
 * are run by `npm run test:harnesses`.
 */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { REAL } from '../../cli/src/stress/real/programs.js';
import type { Verdict } from '../../cli/src/stress/verdict.js';
import { REPO, Sandbox } from '../support/sandbox.js';

/** A program of this name that prints a file and notes how it was called. */
function standIn(box: Sandbox, name: string, output: string): void {
  const bin = join(box.work, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, `${name}.out`), output);
  const script = `#!${process.execPath}
const fs = require('node:fs');
fs.appendFileSync(__filename + '.calls', JSON.stringify(process.argv.slice(2)) + '\\n');
process.stdout.write(fs.readFileSync(__filename + '.out'));
`;
  writeFileSync(join(bin, name), script);
  chmodSync(join(bin, name), 0o755);
}

const CLAUDE = [
  { type: 'system', subtype: 'init', apiKeySource: 'ANTHROPIC_API_KEY' },
  {
    type: 'result',
    result: 'heard',
    total_cost_usd: 0.02,
    usage: { input_tokens: 10, output_tokens: 2 },
  },
]
  .map((line) => JSON.stringify(line))
  .join('\n');

async function stress(box: Sandbox, ...args: readonly string[]) {
  const path = `${join(box.work, 'bin')}:${process.env['PATH'] ?? ''}`;
  const given = ['stress', '--real', '--out', 'out', '--json', ...args];
  const { code, stdout, stderr } = await box.waitbus(given, { env: { PATH: path } }).ended;
  return { code, stderr, verdict: JSON.parse(stdout) as Verdict };
}

test('the CLIs on PATH take turns on a seed, and each turn is in the ledger', async () => {
  await using box = new Sandbox();
  standIn(box, 'claude', CLAUDE);
  standIn(box, 'codex', readFileSync(join(REPO, 'test/stress/samples/codex.ndjson'), 'utf8'));
  const args = ['--sweep', '3', '--families', 'claude,codex'];
  const { code, verdict, stderr } = await stress(box, ...args);
  assert.equal(code, 0, stderr);
  // Two rounds of three; the one that was killed had the first only.
  assert.equal(verdict.ledger.entries.length, 5);
  const claude = verdict.ledger.entries.filter(({ program }) => program === 'claude');
  assert.ok(Math.abs((verdict.ledger.totals.metered_usd ?? 0) - 0.02 * claude.length) < 1e-9);
  assert.equal(verdict.ledger.totals.without_cost, 5 - claude.length);
  const calls = readFileSync(join(box.work, 'bin', 'claude.calls'), 'utf8')
    .trim()
    .split('\n');
  assert.equal(calls.length, claude.length);
  assert.match(calls[0] ?? '', /heard [0-9A-Z]{26}/);
});

test('once the budget is spent no round begins, and what was not checked has not passed', async () => {
  await using box = new Sandbox();
  standIn(box, 'claude', CLAUDE);
  const args = ['--sweep', '2,3', '--families', 'claude', '--budget-usd', '0.03'];
  const { code, verdict, stderr } = await stress(box, ...args);
  assert.equal(code, 1, stderr);
  assert.equal(verdict.stopped, 'budget');
  assert.equal(verdict.complete, false);
  assert.equal(verdict.runs.length, 1);
  assert.equal(verdict.runs[0]?.rounds, 1);
  assert.equal(verdict.budget.metered_usd, 0.04);
});

test('a CLI that fails, or answers nothing, is told with its last words', async () => {
  await using box = new Sandbox();
  standIn(box, 'gemini', 'Please log in first\n');
  const { code, verdict } = await stress(box, '--sweep', '2', '--families', 'gemini');
  assert.equal(code, 1);
  const ended = verdict.runs[0]?.invariants.find(({ name }) => name === 'all_ended');
  assert.match(ended?.violations.join('\n') ?? '', /gave no answer: Please log in first/);
});

test('a vendor that is not on PATH is named as absent', async () => {
  await using box = new Sandbox();
  standIn(box, 'claude', CLAUDE);
  const given = ['stress', '--real', '--sweep', '2', '--families', 'claude,copilot'];
  const path = join(box.work, 'bin');
  const { code, stderr } = await box.waitbus(given, { env: { PATH: path } }).ended;
  assert.equal(code, 0, stderr);
  assert.match(stderr, /absent: copilot: there is no copilot on PATH/);
});

const SAMPLES = {
  codex: ['codex.ndjson', 'ok'],
  gemini: ['gemini.txt', 'ok'],
  opencode: ['opencode.ndjson', 'ok'],
  copilot: ['copilot.ndjson', 'two'],
} as const;

test('the answer of each CLI is found in its output', () => {
  for (const [name, [file, answer]] of Object.entries(SAMPLES)) {
    const output = readFileSync(join(REPO, 'test/stress/samples', file), 'utf8');
    assert.equal(REAL[name as keyof typeof SAMPLES].answer(output), answer, name);
  }
  for (const [name, { answer }] of Object.entries(REAL)) {
    const file = `test/stress/samples/recorded/${name}.${name === 'gemini' ? 'json' : 'ndjson'}`;
    assert.equal(answer(readFileSync(join(REPO, file), 'utf8')), 'heard it', name);
  }
  for (const { answer } of Object.values(REAL)) assert.equal(answer(''), '');
});
