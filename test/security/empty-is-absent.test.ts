/** A variable or secret that is set to nothing: it is as good as none, never a value that everybody knows. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { HARNESS_NAMES, HARNESSES, type Scope } from 'waitbus-source-agent/harnesses';
import { grantedSecret } from '../../plugin-sdk/src/child/granted-secret.js';
import { run } from '../python/python.js';
import { Sandbox } from '../support/sandbox.js';

for (const token of ['', ' ', '\t']) {
  test(`WAITBUS_MCP_TOKEN=${JSON.stringify(token)} is no token: nobody gets in without the one that is made`, async () => {
    await using box = new Sandbox({ WAITBUS_MCP_TOKEN: token });
    const server = box.waitbus(['mcp', '--http']);
    const line = await server.says(/\{"url".*\}/);
    const { url, token: made } = JSON.parse(line) as { url: string; token: string };
    assert.match(made, /^[\w-]{32}$/);
    const guesses = [{}, { Authorization: 'Bearer ' }, { Authorization: `Bearer ${token}` }];
    for (const headers of [...guesses, { Authorization: 'Bearer' }, { Authorization: '' }]) {
      const { status } = await fetch(url, { method: 'POST', body: '{}', headers });
      assert.equal(status, 401, JSON.stringify(headers));
    }
  });
}

const DIRECTORIES = [
  'CLAUDE_CONFIG_DIR',
  'CODEX_HOME',
  'COPILOT_HOME',
  'GEMINI_CLI_HOME',
  'XDG_CONFIG_HOME',
  'XDG_STATE_HOME',
  'XDG_RUNTIME_DIR',
  'WAITBUS_LOCKFILE',
  'WAITBUS_AGENT_NAME',
];
const EMPTY = Object.fromEntries(DIRECTORIES.map((name) => [name, '']));

test('no harness is installed in / where its directory is set to nothing', async () => {
  for (const name of HARNESS_NAMES) {
    for (const scope of ['user', 'project'] satisfies Scope[]) {
      const plan = (env: Record<string, string>) =>
        HARNESSES[name].plan({ scope, home: '/h', project: '/p', env, command: ['waitbus'] });
      assert.deepEqual(plan(EMPTY), plan({}), `${name} ${scope}`);
    }
  }
  await using box = new Sandbox(EMPTY);
  const before = readdirSync('/');
  const { code, stderr } = await box.run(['install', 'claude', 'codex', 'gemini', '--user']);
  assert.equal(code, 0, stderr);
  assert.deepEqual(readdirSync('/'), before);
  assert.ok(existsSync(join(box.env['HOME'] ?? '', '.claude', 'settings.json')));
});

test('a lock that is set to nothing does not keep the committed one from being checked', async () => {
  await using box = new Sandbox(EMPTY);
  writeFileSync(join(box.work, 'plugins.lock.json'), '{');
  const { code, stderr } = await box.run(['plugin', 'install', '--frozen']);
  assert.notEqual(code, 0);
  assert.ok(stderr.includes(join(box.work, 'plugins.lock.json')), stderr);
});

test('a name that is set to nothing is nobody’s', async () => {
  await using box = new Sandbox({ WAITBUS_AGENT_NAME: '' });
  const sent = await box.run(['send', 'builder', 'hello']);
  assert.match(sent.stderr, /WAITBUS_BAD_NAME/);
  const reply = await box.run(['reply', '01JZZZZZZZZZZZZZZZZZZZZZZZ', 'hello']);
  assert.doesNotMatch(reply.stderr, /WAITBUS_BAD_NAME/);
});

test('places that are set to nothing are where they are without', async () => {
  const places = ['WAITBUS_STATE_DIR', 'WAITBUS_RUNTIME_DIR', 'WAITBUS_CONFIG_DIR'];
  const nothing = Object.fromEntries(places.map((name) => [name, '']));
  await using box = new Sandbox({ ...EMPTY, ...nothing });
  mkdirSync(join(box.directory, 'tmp'));
  const shown = await box.run(['config', 'show', '--json']);
  assert.equal(shown.code, 0, shown.stderr);
  assert.ok(shown.stdout.includes(join(box.env['HOME'] ?? '', '.local', 'state', 'waitbus')));
  assert.doesNotMatch(shown.stdout, /"\/(waitbus|events\.db|spool)/);
  const python = await run(box, 'paths = waitbus._Paths(); print(paths.state, paths.config)');
  const home = box.env['HOME'] ?? '';
  assert.equal(python.stdout, `${home}/.local/state/waitbus ${home}/.config/waitbus\n`);
});

test('a secret of no bytes, which anybody can sign with, was not granted', () => {
  assert.throws(() => grantedSecret({ hook: '' }, 'hook', 'github'), {
    code: 'WAITBUS_BAD_SECRET',
  });
  assert.equal(grantedSecret({ hook: 'x' }, 'hook', 'github'), 'x');
});
