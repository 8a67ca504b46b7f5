/**
 * The vendors' own programs judge the plugin and the extension: Claude Code runs the plugin's hooks, and
 * both validate what they are given. They are taken from the cache of `npm run test:harnesses`.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { REPO, Sandbox } from '../support/sandbox.js';
import { programOf } from './cache.js';
import { lacks } from './requirements.js';

const AGENT = join(REPO, 'plugins', 'agent');

test('Claude Code finds the plugin valid', { skip: lacks('claude') }, async () => {
  const claude = programOf('claude') ?? 'claude';
  await using box = new Sandbox();
  const args = ['plugin', 'validate', join(AGENT, 'claude-plugin')];
  const { code, stdout, stderr } = await box.start(claude, args).ended;
  assert.equal(code, 0, stdout + stderr);
  assert.doesNotMatch(stdout + stderr, /warning/i);
});

test('Gemini CLI finds the extension valid', { skip: lacks('gemini') }, async () => {
  const gemini = programOf('gemini') ?? 'gemini';
  await using box = new Sandbox();
  const args = ['extensions', 'validate', join(AGENT, 'gemini-extension')];
  const { code, stdout, stderr } = await box.start(gemini, args).ended;
  assert.equal(code, 0, stdout + stderr);
});

test('Claude Code runs the hooks of the plugin', { skip: lacks('claude') }, async () => {
  const claude = programOf('claude') ?? 'claude';
  await using box = new Sandbox();
  const bin = join(box.directory, 'bin');
  const heard = join(box.directory, 'heard');
  mkdirSync(bin);
  // It stands in for waitbus, and says with what it was run.
  writeFileSync(join(bin, 'waitbus'), `#!/bin/sh\necho "$*" >> '${heard}'\n`, { mode: 0o755 });
  const env = {
    PATH: `${bin}${delimiter}${process.env['PATH']}`,
    // Nobody listens there: the session starts, its turn fails, and it ends.
    ANTHROPIC_BASE_URL: 'http://127.0.0.1:9',
    ANTHROPIC_API_KEY: 'none',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    CLAUDE_CODE_MAX_RETRIES: '0',
  };
  const args = ['--plugin-dir', join(AGENT, 'claude-plugin'), '-p', 'hello'];
  await box.start(claude, args, { env }).ended;
  const lines = readFileSync(heard, 'utf8').split('\n');
  for (const event of ['SessionStart', 'UserPromptSubmit', 'StopFailure', 'SessionEnd']) {
    assert.ok(lines.includes(`hook claude ${event}`), `${event} in ${lines.join(', ')}`);
  }
  assert.ok(lines.includes('mcp'));
});
