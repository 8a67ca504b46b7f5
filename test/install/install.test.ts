/**
 * `waitbus install` and `uninstall` on configurations as people have them, for every harness that
 * waitbus knows: merged, nothing lost, twice the same, and byte for byte as before after the end.
 */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse as parseJsonc } from 'jsonc-parser';
import { HARNESS_NAMES, HARNESSES } from 'waitbus-source-agent/harnesses';
import { Sandbox } from '../support/sandbox.js';
import { PROJECT, USER } from './configurations.js';
import { InstallBox } from './install-box.js';

interface Said {
  readonly ok: boolean;
  readonly results: readonly {
    readonly harness: string;
    readonly scope: string;
    readonly state: string;
    readonly files: readonly { readonly file: string; readonly change: string }[];
    readonly notes: readonly string[];
    readonly diff: string;
    readonly error?: { readonly code: string };
  }[];
}

function filled(box: InstallBox): void {
  for (const [file, text] of Object.entries(USER)) box.write(`home/${file}`, text);
  for (const [file, text] of Object.entries(PROJECT)) box.write(`work/${file}`, text);
}

test('every harness, for the user and for a project: installed, twice the same, gone without a trace', async () => {
  await using sandbox = new Sandbox();
  const box = new InstallBox(sandbox);
  filled(box);
  const before = box.all();
  for (const scope of ['user', 'project'] as const) {
    const names = HARNESS_NAMES.filter((name) => planned(box, name, scope));
    assert.ok(names.length > 6);
    const { stdout, stderr } = await box.ok('install', ...names, `--${scope}`);
    for (const name of names) {
      assert.ok(stderr.includes(`${HARNESSES[name].title}: installed`), name);
      for (const note of HARNESSES[name].notes) assert.ok(stderr.includes(note));
    }
    assert.match(stdout, /^\+\+\+ /m);
    const installed = box.all();
    assert.notDeepEqual(installed, before);
    const again = await box.ok('install', ...names, `--${scope}`);
    assert.equal(again.stdout, '');
    assert.equal(again.stderr.match(/already installed/g)?.length, names.length);
    assert.deepEqual(box.all(), installed);
    await box.ok('uninstall', ...names, `--${scope}`);
    assert.deepEqual(box.all(), before);
  }
});

function planned(box: InstallBox, name: (typeof HARNESS_NAMES)[number], scope: 'user' | 'project') {
  const { home, project } = box;
  return HARNESSES[name].plan({ scope, home, project, env: {}, command: ['waitbus'] }).length > 0;
}

test('an installation keeps every comment, every key and every other hook', async () => {
  await using sandbox = new Sandbox();
  const box = new InstallBox(sandbox);
  filled(box);
  await box.ok('install', 'claude', 'codex', 'gemini');
  const settings = box.read('home/.claude/settings.json');
  for (const line of USER['.claude/settings.json']?.split('\n') ?? []) {
    assert.ok(settings.includes(line), line);
  }
  const { hooks } = parseJsonc(settings) as { hooks: Record<string, { hooks: object[] }[]> };
  assert.deepEqual(hooks['Stop']?.[0], { hooks: [{ type: 'command', command: 'say done' }] });
  assert.match(JSON.stringify(hooks['Stop']?.[1]), /hook claude Stop --hold/);
  assert.deepEqual(hooks['PreToolUse'], []);
  const toml = box.read('home/.codex/config.toml');
  assert.ok(toml.startsWith(USER['.codex/config.toml'] ?? '-'));
  assert.match(toml, /\n\n\[mcp_servers\.waitbus\]\ncommand = /);
  // Codex keeps the environment from its MCP servers but for what is named.
  const passed = /^env_vars = (\[.*\])$/m.exec(toml)?.[1] ?? '[]';
  for (const name of ['WAITBUS_AGENT_NAME', 'WAITBUS_RUNTIME_DIR', 'XDG_RUNTIME_DIR']) {
    assert.ok((JSON.parse(passed) as string[]).includes(name), `${name} in ${passed}`);
  }
  const codexHooks = box.read('home/.codex/hooks.json');
  assert.doesNotMatch(codexHooks, /[^\r]\n/);
  assert.match(codexHooks, /^\t\t"SessionStart": \[\r\n\t\t\t\{/m);
  assert.ok(box.read('home/.gemini/settings.json').startsWith('\uFEFF{\n    "theme": "dark"'));
});

test('--dry-run shows the diff and writes nothing, not even a record', async () => {
  await using sandbox = new Sandbox();
  const box = new InstallBox(sandbox);
  filled(box);
  const before = box.all();
  const { stdout, stderr } = await box.ok('install', 'claude', '--dry-run');
  assert.match(stdout, /^--- .*\.claude\/settings\.json\n\+\+\+ .*\n@@ /m);
  assert.match(stderr, /would be installed/);
  assert.deepEqual(box.all(), before);
  assert.equal(existsSync(sandbox.paths.stateDir), false);
  await box.ok('install', 'claude');
  const installed = box.all();
  assert.match((await box.ok('uninstall', 'claude', '--dry-run')).stdout, /^-.*hook claude Stop/m);
  assert.deepEqual(box.all(), installed);
});

test('--json says what was done, and why not', async () => {
  await using sandbox = new Sandbox();
  const box = new InstallBox(sandbox);
  box.write('home/.gemini/settings.json', '{ "hooks": ');
  const ended = await sandbox.run(['install', 'cursor', 'gemini', '--json']);
  const said = JSON.parse(ended.stdout) as Said;
  assert.equal(ended.code, 2);
  assert.equal(said.ok, false);
  const [cursor, gemini] = said.results;
  assert.equal(cursor?.state, 'installed');
  assert.equal(cursor?.scope, 'user');
  assert.deepEqual(
    cursor?.files.map(({ change }) => change),
    ['created', 'created'],
  );
  assert.match(cursor?.diff ?? '', /^\+\+\+ /m);
  assert.deepEqual(cursor?.notes, HARNESSES.cursor.notes);
  assert.equal(gemini?.state, 'failed');
  assert.equal(gemini?.error?.code, 'WAITBUS_BAD_HARNESS_FILE');
});

test('--all finds harnesses by their programs and directories, and uninstall --all ends each', async () => {
  await using sandbox = new Sandbox({ PATH: '' });
  const box = new InstallBox(sandbox);
  const none = await sandbox.run(['install', '--all']);
  assert.equal(none.code, 1);
  assert.match(none.stderr, /found none/);
  const program = box.write('home/bin/codex', '#!/bin/sh\n', 0o755);
  mkdirSync(join(box.home, '.cursor'));
  const before = box.all();
  const options = { env: { PATH: join(program, '..') } };
  const { stdout } = await sandbox.waitbus(['install', '--all', '--json'], options).ended;
  const { results } = JSON.parse(stdout) as Said;
  assert.deepEqual(
    results.map(({ harness, state }) => [harness, state]),
    [
      ['codex', 'installed'],
      ['cursor', 'installed'],
    ],
  );
  await box.ok('install', 'claude', '--project');
  await box.ok('uninstall', '--all');
  assert.deepEqual(box.all(), before);
  assert.deepEqual(readdirSync(join(sandbox.paths.stateDir, 'installs')), []);
});

test('a linked configuration stays a link, and a mode stays as it is', async () => {
  await using sandbox = new Sandbox();
  const box = new InstallBox(sandbox);
  const real = box.write('home/dotfiles/claude.json', '{}\n', 0o600);
  mkdirSync(join(box.home, '.claude'));
  symlinkSync('../dotfiles/claude.json', join(box.home, '.claude', 'settings.json'));
  symlinkSync('dotfiles/not-yet.json', join(box.home, '.claude.json'));
  chmodSync(real, 0o600);
  const before = box.all();
  await box.ok('install', 'claude');
  const after = box.all();
  assert.equal(after['home/.claude/settings.json'], before['home/.claude/settings.json']);
  assert.match(box.read('home/dotfiles/claude.json'), /hook claude Stop/);
  assert.match(box.read('home/dotfiles/not-yet.json'), /mcpServers/);
  assert.equal(statSync(real).mode & 0o777, 0o600);
  await box.ok('uninstall', 'claude');
  assert.deepEqual(box.all(), before);
});

test('backups and records can be read by their owner alone', async () => {
  await using sandbox = new Sandbox();
  const box = new InstallBox(sandbox);
  filled(box);
  await box.ok('install', 'claude');
  const installs = join(sandbox.paths.stateDir, 'installs');
  const [name = ''] = readdirSync(installs);
  assert.equal(statSync(join(installs, name)).mode & 0o077, 0);
  const files = readdirSync(join(installs, name));
  assert.equal(files.length, 3);
  for (const file of files) assert.equal(statSync(join(installs, name, file)).mode & 0o077, 0);
});
