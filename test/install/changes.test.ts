/**
 * What happens between install and uninstall: the user edits the files, a harness rewrites them, waitbus
 * is updated, the record is lost, a process is killed. Ours goes, and nothing else.
 */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { REPO, Sandbox } from '../support/sandbox.js';
import { USER } from './configurations.js';
import { InstallBox } from './install-box.js';

/** Puts a text in before another, of which there is one. */
function inserted(text: string, before: string, put: string): string {
  assert.equal(text.split(before).length, 2, `one ${before} in ${text}`);
  return text.replace(before, put + before);
}

const SETTINGS = 'home/.claude/settings.json';

test('what the user edits in between survives, and what is ours goes', async () => {
  await using sandbox = new Sandbox();
  const box = new InstallBox(sandbox);
  const edit = (text: string) =>
    inserted(
      inserted(text, '"model"', '"verbose": true, // of late\n  '),
      '"PreToolUse"',
      '// see below\n    ',
    );
  const table = '\n[tui] # of late\ntheme = "x"\n';
  for (const [path, text] of Object.entries(USER)) box.write(`home/${path}`, text);
  await box.ok('install', 'claude', 'codex');
  box.write(SETTINGS, edit(box.read(SETTINGS)));
  box.write('home/.codex/config.toml', `${box.read('home/.codex/config.toml')}${table}`);
  await box.ok('uninstall', 'claude', 'codex');
  assert.equal(box.read(SETTINGS), edit(USER['.claude/settings.json'] ?? ''));
  assert.equal(
    box.read('home/.codex/config.toml'),
    `${USER['.codex/config.toml'] ?? ''}\n${table}`,
  );
});

test('a hook that the user put into our own group stays when ours goes', async () => {
  await using sandbox = new Sandbox();
  const box = new InstallBox(sandbox);
  await box.ok('install', 'claude');
  const mine = '{ "type": "command", "command": "mine" },\n          ';
  const text = box.read(SETTINGS);
  const at = text.lastIndexOf('{', text.indexOf('hook claude Stop '));
  box.write(SETTINGS, text.slice(0, at) + mine + text.slice(at));
  await box.ok('uninstall', 'claude');
  assert.deepEqual(JSON.parse(box.read(SETTINGS)), {
    hooks: { Stop: [{ hooks: [{ type: 'command', command: 'mine' }] }] },
  });
});

test('a harness that prints its file anew keeps neither us nor others from a clean end', async () => {
  await using sandbox = new Sandbox();
  const box = new InstallBox(sandbox);
  const path = 'home/.claude.json';
  box.write(path, USER['.claude.json'] ?? '');
  await box.ok('install', 'claude');
  const config = JSON.parse(box.read(path)) as Record<string, unknown>;
  box.write(path, JSON.stringify({ ...config, numStartups: 4 }, null, 2));
  const { stderr } = await box.ok('install', 'claude');
  assert.match(stderr, /already installed/);
  await box.ok('uninstall', 'claude');
  assert.deepEqual(JSON.parse(box.read(path)), {
    numStartups: 4,
    mcpServers: { other: { command: 'other' } },
    projects: {},
  });
});

test('a whole file of ours that its user changed is left, and said', async () => {
  await using sandbox = new Sandbox();
  const box = new InstallBox(sandbox);
  await box.ok('install', 'opencode');
  const path = 'home/.config/opencode/plugin/waitbus.js';
  box.write(path, `${box.read(path)}// mine\n`);
  const { code, stderr } = await sandbox.run(['uninstall', 'opencode']);
  assert.equal(code, 1);
  assert.match(stderr, /was changed since waitbus wrote it.*\n.*rm '/);
  assert.match(box.read(path), /\/\/ mine\n$/);
});

test('a newer plan takes the place of the old one, and the end leads back to the beginning', async () => {
  await using sandbox = new Sandbox();
  const box = new InstallBox(sandbox);
  for (const [path, text] of Object.entries(USER)) box.write(`home/${path}`, text);
  const before = box.all();
  await box.ok('install', 'claude', 'codex', 'opencode');
  const first = box.all();
  // Another way to the same program is another command in every hook.
  const other = join(box.project, 'bin', 'waitbus');
  mkdirSync(join(other, '..'));
  symlinkSync(join(REPO, 'cli', 'dist', 'bin', 'waitbus.js'), other);
  const path = `${join(other, '..')}:${sandbox.env['PATH']}`;
  const args = ['install', 'claude', 'codex', 'opencode'];
  const { code, stdout } = await sandbox.waitbus(args, { env: { PATH: path } }).ended;
  assert.equal(code, 0);
  assert.match(stdout, /^\+ +"command": "waitbus hook claude Stop --hold/m);
  assert.match(stdout, /^-args = \[.*waitbus\.js/m);
  assert.equal(box.read(SETTINGS).match(/hook claude Stop /g)?.length, 1);
  assert.doesNotMatch(box.read(SETTINGS), /waitbus\.js/);
  rmSync(join(other, '..'), { recursive: true });
  await box.ok('install', 'claude', 'codex', 'opencode');
  assert.deepEqual(box.all(), first);
  await box.ok('uninstall', '--all');
  assert.deepEqual(box.all(), before);
});

test('without a record what is ours is known by its looks', async () => {
  await using sandbox = new Sandbox();
  const box = new InstallBox(sandbox);
  for (const [path, text] of Object.entries(USER)) box.write(`home/${path}`, text);
  await box.ok('install', 'claude', 'codex');
  const installed = box.all();
  rmSync(sandbox.paths.stateDir, { recursive: true });
  const { stderr } = await box.ok('install', 'claude', 'codex');
  assert.equal(stderr.match(/already installed/g)?.length, 2);
  assert.deepEqual(box.all(), installed);
  rmSync(sandbox.paths.stateDir, { recursive: true });
  await box.ok('uninstall', 'claude', 'codex');
  assert.equal(box.read(SETTINGS), USER['.claude/settings.json']);
  assert.equal(box.read('home/.codex/config.toml').trim(), USER['.codex/config.toml']?.trim());
});

test('killed before any of its writes, install and uninstall leave whole files and can be done again', async (t) => {
  await using sandbox = new Sandbox();
  const box = new InstallBox(sandbox);
  for (const [path, text] of Object.entries(USER)) box.write(`home/${path}`, text);
  const before = box.all();
  const places = ['home', 'state'] as const;
  const keep = (name: string) => {
    for (const place of places) {
      cpSync(join(sandbox.directory, place), join(sandbox.directory, name, place), {
        recursive: true,
      });
    }
  };
  const restore = (name: string) => {
    for (const place of places) {
      rmSync(join(sandbox.directory, place), { recursive: true });
      cpSync(join(sandbox.directory, name, place), join(sandbox.directory, place), {
        recursive: true,
      });
    }
  };
  mkdirSync(sandbox.paths.stateDir);
  keep('uninstall');
  await box.ok('install', 'codex');
  const installed = box.all();
  keep('install');
  let kills = 0;
  for (const [verb, opposite, from, to] of [
    ['install', 'uninstall', before, installed],
    ['uninstall', 'install', installed, before],
  ] as const) {
    for (let at = 1; ; at += 1) {
      restore(opposite);
      const env = {
        NODE_OPTIONS: `--require=${join(REPO, 'test/fixtures/killed-at-write.cjs')}`,
        KILLED_AT: String(at),
      };
      const { signal, stderr } = await sandbox.waitbus([verb, 'codex'], { env }).ended;
      if (signal === null) {
        assert.deepEqual(box.all(), to, stderr);
        break;
      }
      kills += 1;
      const found = box.all();
      for (const file of Object.keys({ ...from, ...to })) {
        assert.ok([from[file], to[file]].includes(found[file]), `${file}: ${found[file]}`);
      }
      await box.ok(verb, 'codex');
      assert.deepEqual(box.all(), to, `${verb} after a kill at ${at}`);
    }
  }
  t.diagnostic(`killed ${kills} times`);
  assert.ok(kills > 10);
  restore('install');
  await box.ok('uninstall', 'codex');
  assert.deepEqual(box.all(), before);
});
