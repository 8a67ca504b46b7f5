/**
 * What `waitbus install` refuses: broken syntax, files that cannot or must not be written, something of
 * the user's where ours would go. Nothing of the plan is changed then, and a remedy is said.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Sandbox } from '../support/sandbox.js';
import { USER } from './configurations.js';
import { InstallBox } from './install-box.js';

const IS_ROOT = process.getuid?.() === 0;

const BROKEN: readonly (readonly [string, string, string, RegExp])[] = [
  [
    'claude',
    '.claude/settings.json',
    '{\n  "a": 1,\n  "hooks": {,}\n}\n',
    /settings\.json:3:13: broken JSON/,
  ],
  ['claude', '.claude.json', '{ "a": "never closed\n', /\.claude\.json:1:8: broken JSON/],
  ['gemini', '.gemini/settings.json', '[]', /settings\.json:1:1: this is not a JSON object/],
  ['codex', '.codex/config.toml', 'a = 1\n[b\n', /config\.toml:\d:\d+: broken TOML/],
  ['codex', '.codex/config.toml', 'a = 1\na = 2\n', /config\.toml:2:1: broken TOML/],
  ['codex', '.codex/hooks.json', '{ "hooks": 7 }', /hooks is not an object/],
  ['cursor', '.cursor/hooks.json', '{ "hooks": { "stop": {} } }', /hooks\.stop is not an array/],
];

test('broken syntax and other shapes are refused with line and column, nothing of the plan is done', async () => {
  for (const [harness, path, text, what] of BROKEN) {
    await using sandbox = new Sandbox();
    const box = new InstallBox(sandbox);
    box.write(`home/${path}`, text);
    const code = /not an (object|array)$/.test(what.source) ? 1 : 2;
    const { stderr, stdout } = await box.refused(code, what, 'install', harness);
    assert.equal(stdout, '');
    assert.match(stderr, /nothing was changed/i);
    assert.equal(existsSync(join(sandbox.paths.stateDir, 'installs')), false);
  }
});

test('what is not UTF-8, and what is no file, is refused', async () => {
  await using sandbox = new Sandbox();
  const box = new InstallBox(sandbox);
  mkdirSync(join(box.home, '.claude.json'));
  await box.refused(2, /this is not a file/, 'install', 'claude');
  mkdirSync(join(box.home, '.gemini'));
  writeFileSync(join(box.home, '.gemini', 'settings.json'), Buffer.from('{"a":"\xe9"}', 'latin1'));
  await box.refused(2, /this is not UTF-8/, 'install', 'gemini');
});

test('a read-only file or directory is refused, whoever asks, and the remedy mends it', async () => {
  await using sandbox = new Sandbox();
  const box = new InstallBox(sandbox);
  for (const [path, text] of Object.entries(USER)) box.write(`home/${path}`, text);
  const file = join(box.home, '.claude.json');
  chmodSync(file, 0o444);
  const { stderr } = await box.refused(
    1,
    /is read-only \(WAITBUS_UNWRITABLE\)/,
    'install',
    'claude',
  );
  const [, remedy = ''] = /(chmod u\+w '[^']+')/.exec(stderr) ?? [];
  assert.equal(spawnSync('sh', ['-c', remedy]).status, 0);
  await box.ok('install', 'claude');
  await box.ok('uninstall', 'claude');
  const directory = join(box.home, '.codex');
  chmodSync(directory, 0o555);
  try {
    await box.refused(1, /\.codex is a read-only directory/, 'install', 'codex');
  } finally {
    chmodSync(directory, 0o755);
  }
});

test('a file that became read-only since is not changed by uninstall either, and then is', async () => {
  await using sandbox = new Sandbox();
  const box = new InstallBox(sandbox);
  const file = box.write('home/.claude.json', '{}\n');
  const before = box.all();
  await box.ok('install', 'claude');
  chmodSync(file, 0o444);
  await box.refused(1, /is read-only/, 'uninstall', 'claude');
  chmodSync(file, 0o644);
  await box.ok('uninstall', 'claude');
  assert.deepEqual(box.all(), before);
});

test('a file that the kernel lets nobody write is refused', async (t) => {
  await using sandbox = new Sandbox();
  const box = new InstallBox(sandbox);
  const file = box.write('home/.claude.json', '{}\n');
  const attempt = spawnSync('chattr', ['+i', file]);
  if (attempt.status !== 0) {
    t.skip('chattr +i is not to be had here');
    return;
  }
  try {
    await box.refused(1, /\.claude\.json is read-only/, 'install', 'claude');
  } finally {
    spawnSync('chattr', ['-i', file]);
  }
});

test("a file of another user's is refused", { skip: IS_ROOT ? false : 'needs root' }, async () => {
  await using sandbox = new Sandbox();
  const box = new InstallBox(sandbox);
  chownSync(box.write('home/.claude.json', '{}\n'), 12345, 12345);
  const what = /belongs to another user \(uid 12345, not 0\)/;
  await box.refused(1, what, 'install', 'claude');
});

const SERVERS: readonly (readonly [string, string, string])[] = [
  ['claude', '.claude.json', '{ "mcpServers": { "waitbus": { "command": "mine" } } }\n'],
  ['codex', '.codex/config.toml', '[mcp_servers.waitbus]\ncommand = "mine" # I wrote this\n'],
  ['opencode', '.config/opencode/plugin/waitbus.js', '// mine\n'],
  ['copilot', '.copilot/hooks/waitbus.json', '{}\n'],
  ['aider', '.aider.conf.yml', 'dark-mode: true\n'],
];

test('what a user has where ours would go is refused; --replace takes its place until the end', async () => {
  for (const [harness, path, text] of SERVERS) {
    await using sandbox = new Sandbox();
    const box = new InstallBox(sandbox);
    box.write(`home/${path}`, text);
    const before = box.all();
    await box.refused(1, /WAITBUS_HARNESS_CONFLICT[^]*--replace/, 'install', harness);
    await box.ok('install', harness, '--replace');
    assert.notEqual(box.read(`home/${path}`), text);
    await box.ok('install', harness);
    await box.ok('uninstall', harness);
    assert.deepEqual(box.all(), before);
  }
});

test('bad arguments are said with the way to the help', async () => {
  await using sandbox = new Sandbox();
  const box = new InstallBox(sandbox);
  await box.refused(2, /name a harness, or give --all/, 'install');
  await box.refused(2, /name a harness, or give --all/, 'uninstall', 'claude', '--all');
  await box.refused(2, /there is no harness "emacs".*\n.*claude, codex/, 'install', 'emacs');
  await box.refused(2, /--user and --project/, 'install', 'claude', '--user', '--project');
});
