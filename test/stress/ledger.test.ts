/** The ledger: each program's own way of counting, and sums that mix nothing. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  budgetSpent,
  READERS,
  totalsOf,
  type Entry,
  type Usage,
} from '../../cli/src/stress/ledger/index.js';
import { REPO } from '../support/sandbox.js';

const sample = (name: string) =>
  readFileSync(join(REPO, 'test', 'stress', 'samples', name), 'utf8');

const tokens = (
  input_uncached: number | null,
  cache_read: number | null,
  cache_write: number | null,
  output: number | null,
  reasoning: number | null,
) => ({ input_uncached, cache_read, cache_write, output, reasoning });

test('Claude Code: the last result counts, with all its models, and the key says who pays', () => {
  const output = sample('claude-stream.ndjson');
  const usage = READERS.claude(output);
  assert.deepEqual(usage, {
    models: ['claude-main', 'claude-small'],
    tokens: tokens(32, 90, 100, 73, null),
    cost_usd: 0.035,
    basis: 'metered',
    premium_requests: null,
  });
  const subscribed = output.replace('"apiKeySource":"ANTHROPIC_API_KEY"', '"apiKeySource":"none"');
  assert.equal(READERS.claude(subscribed)?.basis, 'notional');
  const untold = output.split('\n').slice(1).join('\n');
  assert.equal(READERS.claude(untold)?.basis, 'unknown');
});

test('Claude Code: usage counts where there is no modelUsage', () => {
  const { modelUsage: _, ...result } = JSON.parse(
    sample('claude-stream.ndjson').trim().split('\n').at(-1) ?? '',
  ) as Record<string, unknown>;
  const usage = READERS.claude(JSON.stringify(result));
  assert.deepEqual(usage?.tokens, tokens(15, 90, 100, 50, null));
});

test('Codex: the last turn counts; cache and reasoning are parts of input and output', () => {
  const usage = READERS.codex(sample('codex.ndjson'));
  assert.deepEqual(usage?.tokens, tokens(1200, 1300, null, 60, 30));
  assert.equal(usage.cost_usd, null);
});

test('Gemini CLI: models are added up, and the columns make up its total', () => {
  const usage = READERS.gemini(sample('gemini.txt'));
  assert.deepEqual(usage?.tokens, tokens(700 + 5 + 150, 350, null, 50, 60));
  assert.deepEqual(usage.models, ['gemini-pro', 'gemini-flash']);
  const { input_uncached, cache_read, output, reasoning } = usage.tokens;
  const sum = [input_uncached, cache_read, output, reasoning].reduce<number>(
    (all, one) => all + (one ?? 0),
    0,
  );
  assert.equal(sum, 1105 + 210);
});

test('opencode: steps are added up; a price of 0 is none', () => {
  const output = sample('opencode.ndjson');
  const usage = READERS.opencode(output);
  assert.deepEqual(usage?.tokens, tokens(150, 140, 30, 28, 5));
  assert.equal(usage.cost_usd, 0.005);
  assert.equal(usage.basis, 'unknown');
  const free = READERS.opencode(output.replace(/"cost":[\d.]+/g, '"cost":0'));
  assert.equal(free?.cost_usd, null);
});

test('Copilot CLI: premium requests are no money', () => {
  const usage = READERS.copilot(sample('copilot.ndjson'));
  assert.deepEqual(usage, {
    models: [],
    tokens: tokens(null, null, null, 42, null),
    cost_usd: null,
    basis: 'unknown',
    premium_requests: 2,
  });
});

test('the AI SDK: totals are inclusive', () => {
  const usage = READERS['ai-sdk'](sample('ai-sdk.json'));
  assert.deepEqual(usage?.tokens, tokens(600, 300, 100, 50, 30));
});

/** What the fake server said of a request before which `n` things had been said. */
const served = (n: number) => ({
  uncached: 101 + 7 * n,
  read: 2003 + 211 * n,
  write: 503 + 13 * n,
  output: 41 + n,
  reasoning: 17 + n,
});

test('what the real CLIs printed comes out as what the server said', () => {
  const recorded = (name: string) => sample(`recorded/${name}`);
  const four = served(4);
  const claude = READERS.claude(recorded('claude.ndjson'));
  const all = four.output + four.reasoning;
  assert.deepEqual(claude?.tokens, tokens(four.uncached, four.read, four.write, all, null));
  assert.equal(claude.basis, 'metered');
  assert.equal(claude.cost_usd, 0.007187250000000001);
  const codex = READERS.codex(recorded('codex.ndjson'));
  const parts = [four.output, four.reasoning] as const;
  assert.deepEqual(codex?.tokens, tokens(four.uncached, four.read, 0, ...parts));
  const three = served(3);
  assert.deepEqual(
    READERS.gemini(recorded('gemini.json'))?.tokens,
    tokens(three.uncached, three.read, null, three.output, three.reasoning),
  );
  const two = served(2);
  const opencode = READERS.opencode(recorded('opencode.ndjson'));
  assert.deepEqual(opencode?.tokens, tokens(two.uncached, two.read, 0, two.output, two.reasoning));
  // It knows no price of the fake model.
  assert.equal(opencode.cost_usd, null);
  const copilot = READERS.copilot(recorded('copilot.ndjson'));
  assert.deepEqual(copilot?.tokens, tokens(null, null, null, null, null));
  assert.equal(copilot.premium_requests, 0);
});

test('what holds no accounting has none: nothing is made up', () => {
  for (const [name, read] of Object.entries(READERS)) {
    for (const output of [
      '',
      'no JSON',
      '{"type":"other"}',
      '[]',
      'null',
      '{"type":"turn.completed"}',
    ]) {
      assert.equal(read(output), null, `${name} of ${output}`);
    }
  }
});

const usage = (cost_usd: number | null, basis: Usage['basis']): Usage => ({
  models: [],
  tokens: tokens(10, null, null, 5, null),
  cost_usd,
  basis,
  premium_requests: null,
});
const entry = (agent: string, used: Usage | null): Entry => ({
  agent,
  program: 'p',
  usage: used,
});

test('the three bases are never added up, and what was not told is null and counted', () => {
  const totals = totalsOf([
    entry('a', usage(1, 'metered')),
    entry('b', usage(2, 'metered')),
    entry('c', usage(40, 'notional')),
    entry('d', usage(null, 'unknown')),
    entry('e', null),
  ]);
  assert.equal(totals.metered_usd, 3);
  assert.equal(totals.notional_usd, 40);
  assert.equal(totals.unknown_usd, null);
  assert.equal(totals.without_cost, 2);
  assert.deepEqual(totals.tokens.input_uncached, { sum: 40, untold: 1 });
  assert.deepEqual(totals.tokens.cache_read, { sum: null, untold: 5 });
});

test('only metered cost stops a run', () => {
  const dear = [entry('a', usage(100, 'notional')), entry('b', usage(100, 'unknown'))];
  assert.equal(budgetSpent(totalsOf(dear), 0.5), false);
  assert.equal(budgetSpent(totalsOf([...dear, entry('c', usage(0.5, 'metered'))]), 0.5), true);
  assert.equal(budgetSpent(totalsOf([...dear, entry('c', usage(0.4, 'metered'))]), 0.5), false);
});
