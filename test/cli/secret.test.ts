/** `waitbus secret`: where values come from, who they are for, and what never gets out. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openKernel } from '../../kernel/src/kernel.js';
import { SILENT } from '../support/kernel.js';
import { REPO, Sandbox, WAITBUS, type Ended } from '../support/sandbox.js';

const VALUE = 'hunter2-and-more';
const NAME = 'github-webhook-secret';

const fileOf = (box: Sandbox) => join(box.paths.stateDir, 'secrets.json');
const kept = (box: Sandbox) => JSON.parse(readFileSync(fileOf(box), 'utf8')) as object;

function assertEnd(ended: Ended, code: number): void {
  assert.equal(ended.code, code, ended.stderr);
  assert.doesNotMatch(ended.stdout + ended.stderr, new RegExp(VALUE), 'the value got out');
}

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

test('list tells names and sources, nothing of the values; rm forgets one', async () => {
  await using box = new Sandbox();
  assert.equal((await box.run(['secret', 'list'])).stderr, 'there are no secrets\n');
  assert.equal((await box.run(['secret', 'list', '--json'])).stdout, '{"secrets":[]}\n');
  await box.run(['secret', 'set', NAME], VALUE);
  await box.run(['secret', 'set', 'a', '--for', 'k8s', '--for', 'fs'], VALUE);
  const list = await box.run(['secret', 'list']);
  assertEnd(list, 0);
  assert.equal(list.stdout, `a${' '.repeat(NAME.length - 1)}  fs, k8s\n${NAME}  github\n`);
  const json = await box.run(['secret', 'list', '--json']);
  assertEnd(json, 0);
  assert.deepEqual(JSON.parse(json.stdout), {
    secrets: [
      { name: 'a', sources: ['fs', 'k8s'] },
      { name: NAME, sources: ['github'] },
    ],
  });
  const unknown = await box.run(['secret', 'rm', 'b']);
  assertEnd(unknown, 2);
  assert.match(unknown.stderr, new RegExp(`there is no secret b; there are: a, ${NAME}`));
  assertEnd(await box.run(['secret', 'rm', NAME]), 0);
  assert.deepEqual(Object.keys(kept(box)), ['a']);
  assertEnd(await box.run(['secret', 'rm', 'a']), 0);
  assert.match(
    (await box.run(['secret', 'rm', 'a'])).stderr,
    /there is no secret a; there are none/,
  );
});

test('an unknown verb, and none, are usage errors', async () => {
  await using box = new Sandbox();
  for (const args of [[], ['get', NAME], ['rm'], ['rm', 'a', 'b'], ['set'], ['list', 'x']]) {
    assertEnd(await box.run(['secret', ...args]), 2);
  }
  const help = await box.run(['secret', 'set', '--help']);
  assertEnd(help, 0);
  assert.match(help.stdout, /^usage: waitbus secret set/);
});

test('a file that others may read is refused with the chmod that mends it', async () => {
  await using box = new Sandbox();
  await box.run(['secret', 'set', NAME], VALUE);
  let remedy = '';
  for (const mode of [0o640, 0o604, 0o620, 0o601, 0o644]) {
    chmodSync(fileOf(box), mode);
    for (const args of [['list'], ['set', 'fs-x'], ['rm', NAME]]) {
      const ended = await box.run(['secret', ...args], 'new');
      assertEnd(ended, 2);
      assert.match(ended.stderr, /WAITBUS_BAD_SECRETS_FILE/);
      remedy = /: (chmod 600 .*)$/m.exec(ended.stderr)?.[1] ?? '';
    }
  }
  assert.equal((await box.start('sh', ['-c', remedy]).ended).code, 0);
  assertEnd(await box.run(['secret', 'list']), 0);
});

const root = process.getuid?.() === 0;
test(
  'a file of another user is refused',
  { skip: !root && 'only root can give one away' },
  async () => {
    await using box = new Sandbox();
    await box.run(['secret', 'set', NAME], VALUE);
    chownSync(fileOf(box), 65_534, 65_534);
    for (const args of [['list'], ['set', 'fs-x'], ['rm', NAME]]) {
      const ended = await box.run(['secret', ...args], 'new');
      assertEnd(ended, 2);
      assert.match(ended.stderr, /belongs to another user/);
    }
  },
);

test('a link, a directory and a FIFO in its place are refused, and left as they are', async () => {
  await using box = new Sandbox();
  mkdirSync(box.paths.stateDir, { recursive: true, mode: 0o700 });
  const target = join(box.work, 'elsewhere.json');
  writeFileSync(target, '{}', { mode: 0o600 });
  symlinkSync(target, fileOf(box));
  const link = await box.run(['secret', 'set', NAME], VALUE);
  assertEnd(link, 2);
  assert.match(link.stderr, /is a link; it was not followed/);
  assert.equal(readFileSync(target, 'utf8'), '{}');
  for (const make of [
    `rm ${fileOf(box)}; mkdir -m 700 ${fileOf(box)}`,
    `rmdir ${fileOf(box)}; mkfifo -m 600 ${fileOf(box)}`,
  ]) {
    assert.equal((await box.start('sh', ['-c', make]).ended).code, 0);
    const ended = await box.run(['secret', 'list']);
    assertEnd(ended, 2);
    assert.match(ended.stderr, /is no regular file/);
  }
});

for (const [what, text] of [
  ['empty', ''],
  ['cut short', `{"${NAME}": {"sources": ["github"], "val`],
  ['a list', '[]'],
  ['null', 'null'],
  ['without sources', `{"a": {"value": "${VALUE}"}}`],
  ['with no source', `{"a": {"sources": [], "value": "${VALUE}"}}`],
  ['with a number for a value', '{"a": {"sources": ["fs"], "value": 7}}'],
  ['with a member too many', `{"a": {"sources": ["fs"], "value": "${VALUE}", "more": 1}}`],
  ['with a hidden name', `{"__proto__": {"sources": ["fs"], "value": "${VALUE}"}}`],
] as const) {
  test(`a file that is ${what} is refused and not touched, and the remedy works`, async () => {
    await using box = new Sandbox();
    mkdirSync(box.paths.stateDir, { recursive: true, mode: 0o700 });
    writeFileSync(fileOf(box), text, { mode: 0o600 });
    for (const args of [['list'], ['set', 'fs-x'], ['rm', 'a']]) {
      const ended = await box.run(['secret', ...args], 'new');
      assertEnd(ended, 2);
      assert.match(ended.stderr, /is damaged: .*It was not changed/);
    }
    assert.equal(readFileSync(fileOf(box), 'utf8'), text);
    const { stderr } = await box.run(['secret', 'list']);
    const remedy = /\((mv .*)\) and set/.exec(stderr)?.[1] ?? '';
    assert.equal((await box.start('sh', ['-c', remedy]).ended).code, 0, stderr);
    assertEnd(await box.run(['secret', 'set', NAME], VALUE), 0);
  });
}

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

test('the daemon is told which sources to start again, those that lost it too', async () => {
  await using box = new Sandbox();
  const asked: unknown[] = [];
  const kernel = openKernel({
    paths: { store: box.paths.store, socket: box.paths.socket },
    log: SILENT,
  });
  kernel.handle('restart_source', ({ source }) => {
    asked.push(source);
    return { kind: 'source_restarted', source, state: 'starting' };
  });
  await kernel.listen();
  try {
    assertEnd(await box.run(['secret', 'set', 'token', '--for', 'fs', '--for', 'k8s'], VALUE), 0);
    assert.deepEqual(asked.splice(0), ['fs', 'k8s']);
    assertEnd(await box.run(['secret', 'set', 'token', '--for', 'docker'], VALUE), 0);
    assert.deepEqual(asked.splice(0), ['fs', 'k8s', 'docker']);
    assertEnd(await box.run(['secret', 'rm', 'token']), 0);
    assert.deepEqual(asked, ['docker']);
  } finally {
    kernel.close();
  }
});

test('no daemon is started for it, and one that cannot restart sources is no error', async () => {
  await using box = new Sandbox();
  const alone = await box.run(['secret', 'set', NAME], VALUE);
  assert.equal(alone.stderr, `${NAME} is kept for github\n`);
  assert.equal(existsSync(box.paths.socket), false);
  const kernel = openKernel({
    paths: { store: box.paths.store, socket: box.paths.socket },
    log: SILENT,
  });
  await kernel.listen();
  const ended = await box.run(['secret', 'rm', NAME]);
  kernel.close();
  assert.equal(ended.stderr, `${NAME} is removed\n`);
  assertEnd(ended, 0);
});
