/**
 * The vendors' own programs judge the plugin and the extension: Claude Code runs the plugin's hooks, and
 * both validate what they are given. They are taken from the cache of `npm run test:harnesses`.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { REPO, Sandbox } from '../support/sandbox.js';

const AGENT = join(REPO, 'plugins', 'agent');

function cacheDirectory({ WAITBUS_HARNESS_CACHE: own, XDG_CACHE_HOME: caches }: NodeJS.ProcessEnv) {
  if (own) return own;
  return join(caches ?? join(homedir(), '.cache'), 'waitbus-harnesses');
}

/** @returns null, with the test skipped, when it is not in the cache */
function programOf(t: TestContext, packageName: RegExp, program: string): string | null {
  const cache = cacheDirectory(process.env);
  const found = existsSync(cache) ? readdirSync(cache).sort() : [];
  const file = found
    .filter((name) => packageName.test(name))
    .map((name) => join(cache, name, 'node_modules', '.bin', program))
    .findLast(existsSync);
  if (file !== undefined) return file;
  t.skip(`no ${program} in the cache of npm run test:harnesses`);
  return null;
}

const CLAUDE = /^anthropic-ai-claude-code@[\d.]+$/;

test('Claude Code finds the plugin valid', async (t) => {
  const claude = programOf(t, CLAUDE, 'claude');
  if (claude === null) return;
  await using box = new Sandbox();
  const args = ['plugin', 'validate', join(AGENT, 'claude-plugin')];
  const { code, stdout, stderr } = await box.start(claude, args).ended;
  assert.equal(code, 0, stdout + stderr);
  assert.doesNotMatch(stdout + stderr, /warning/i);
});

test('Gemini CLI finds the extension valid', async (t) => {
  const gemini = programOf(t, /^google-gemini-cli@[\d.]+$/, 'gemini');
  if (gemini === null) return;
  await using box = new Sandbox();
  const args = ['extensions', 'validate', join(AGENT, 'gemini-extension')];
  const { code, stdout, stderr } = await box.start(gemini, args).ended;
  assert.equal(code, 0, stdout + stderr);
});

test('Claude Code runs the hooks of the plugin', async (t) => {
  const claude = programOf(t, CLAUDE, 'claude');
  if (claude === null) return;
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
