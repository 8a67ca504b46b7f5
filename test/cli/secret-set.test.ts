/** `waitbus secret set`: where values come from, who they are for, and what is refused. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { REPO, Sandbox, WAITBUS } from '../support/sandbox.js';
import { assertEnd, fileOf, kept, NAME, VALUE } from './kept-secrets.js';

test('set takes the value from stdin, without its last newline, and says who it is for', async () => {
  await using box = new Sandbox();
  const ended = await box.run(['secret', 'set', NAME], `${VALUE}\n`);
  assertEnd(ended, 0);
  assert.equal(ended.stdout, '');
  assert.equal(ended.stderr, `${NAME} is kept for github\n`);
  assert.deepEqual(kept(box), { [NAME]: { sources: ['github'], value: VALUE } });
  assert.equal(statSync(fileOf(box)).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(box.paths.stateDir).sort(), ['secrets.json', 'secrets.json.lock']);
});

test('set takes the value from a file; of two newlines one stays, and lines within are kept', async () => {
  await using box = new Sandbox();
  const file = join(box.work, 'key.pem');
  writeFileSync(file, 'line one\nline two\n\n');
  assertEnd(await box.run(['secret', 'set', 'key', '--for', 'k8s', '--file', file]), 0);
  assert.deepEqual(kept(box), { key: { sources: ['k8s'], value: 'line one\nline two\n' } });
  const missing = await box.run(['secret', 'set', 'key', '--for', 'k8s', '--file', 'nowhere']);
  assertEnd(missing, 2);
  assert.match(missing.stderr, /--file: ENOENT/);
});

test('--for says who may read it, several times; a later set without it keeps them', async () => {
  await using box = new Sandbox();
  const set = (...args: string[]) => box.run(['secret', 'set', 'token', ...args], VALUE);
  assertEnd(await set('--for', 'k8s', '--for', 'github', '--for', 'k8s'), 0);
  assertEnd(await box.run(['secret', 'set', 'token'], 'renewed'), 0);
  assert.deepEqual(kept(box), { token: { sources: ['github', 'k8s'], value: 'renewed' } });
  assertEnd(await set('--for', 'docker'), 0);
  assert.deepEqual(kept(box), { token: { sources: ['docker'], value: VALUE } });
  const wrong = await set('--for', 'No Source');
  assertEnd(wrong, 2);
  assert.match(wrong.stderr, /--for No Source is no name of a source/);
});

test('a name that begins with no source needs --for, and the message says how', async () => {
  await using box = new Sandbox();
  for (const name of ['token', 'k8s-token', 'github', 'githubs-token']) {
    const ended = await box.run(['secret', 'set', name], VALUE);
    assertEnd(ended, 2);
    assert.match(ended.stderr, new RegExp(`waitbus secret set ${name} --for SOURCE`));
  }
  assert.equal(existsSync(fileOf(box)), false);
  for (const name of ['fs-token', 'agent-token', 'alertmanager-secret', 'docker-x', 'pytest-x']) {
    assertEnd(await box.run(['secret', 'set', name], VALUE), 0);
  }
});

test('a value is never taken from an argument, and what was typed is not repeated', async () => {
  await using box = new Sandbox();
  for (const args of [
    [NAME, VALUE],
    [`${NAME}=${VALUE}`],
    [NAME, `--value=${VALUE}`],
    [NAME, '--value', VALUE],
  ]) {
    const ended = await box.run(['secret', 'set', ...args], 'other');
    assertEnd(ended, 2);
    if (!args.join(' ').includes('--value')) {
      assert.match(ended.stderr, /not taken from an argument.*stdin or with --file/);
    }
  }
  assert.equal(existsSync(fileOf(box)), false);
});

test('names and values that are none are refused', async () => {
  await using box = new Sandbox();
  for (const name of ['__proto__', '-x', '1password', 'a/b', 'a b', 'ä', 'x'.repeat(129)]) {
    const ended = await box.run(['secret', 'set', '--for', 'fs', '--', name], VALUE);
    assertEnd(ended, 2);
    assert.match(ended.stderr, /a name is a letter/, name);
  }
  for (const [value, reason] of [
    ['', /is empty/],
    ['\n', /is empty/],
    ['x'.repeat(64 * 1024 + 1), /is longer than 65536 bytes/],
  ] as const) {
    const ended = await box.run(['secret', 'set', NAME], value);
    assertEnd(ended, 2);
    assert.match(ended.stderr, reason);
  }
  const file = join(box.work, 'binary');
  writeFileSync(file, Buffer.from([0xff, 0xfe, 0x00]));
  assert.match((await box.run(['secret', 'set', NAME, '--file', file])).stderr, /is not UTF-8/);
  assert.equal(existsSync(fileOf(box)), false);
});

test('twenty at once are all kept', async () => {
  await using box = new Sandbox();
  const names = Array.from({ length: 20 }, (_, index) => `fs-${String.fromCharCode(97 + index)}`);
  const all = await Promise.all(names.map((name) => box.run(['secret', 'set', name], name)));
  for (const ended of all) assertEnd(ended, 0);
  assert.deepEqual(Object.keys(kept(box)), names);
});

const pty = (box: Sandbox, typed: string, ...args: string[]) =>
  box.start('python3', [
    join(REPO, 'test', 'fixtures', 'at_a_terminal.py'),
    'not shown',
    typed,
    process.execPath,
    WAITBUS,
    'secret',
    ...args,
  ]).ended;

interface AtTerminal {
  readonly code: number;
  readonly shown: string;
  readonly restored: boolean;
}

for (const [key, typed, code] of [
  ['Enter', `${VALUE}\r`, 0],
  ['Ctrl-C', `${VALUE}\u0003`, 130],
  ['Ctrl-D', '\u0004', 2],
] as const) {
  test(`at a terminal it asks without showing what is typed; ${key} leaves the terminal as it was`, async () => {
    await using box = new Sandbox();
    const ended = await pty(box, typed, 'set', NAME);
    assert.equal(ended.code, 0, ended.stderr);
    const seen = JSON.parse(ended.stdout) as AtTerminal;
    assert.equal(seen.code, code, seen.shown);
    assert.equal(seen.restored, true);
    assert.match(seen.shown, new RegExp(`value of ${NAME} \\(it is not shown\\): `));
    assert.doesNotMatch(seen.shown, /hunter/);
    if (code === 0) assert.deepEqual(kept(box), { [NAME]: { sources: ['github'], value: VALUE } });
    else assert.equal(existsSync(fileOf(box)), false);
  });
}
