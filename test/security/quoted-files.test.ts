/**
 * A lock, settings or a configuration that fails to be parsed may be any file of the user's, by a link
 * or an option that a repository gives: nothing of what stands in it is said, logged or reported.
 */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { Sandbox, type Ended } from '../support/sandbox.js';

const SECRET = 'hunter2';
/** Each fails elsewhere in a parser, and each parser quotes some of them. */
const TEXTS = [
  `${SECRET}:x:0:0:root:/root:/bin/sh\n`,
  `{"token": "${SECRET}", ${SECRET}}`,
  `{"token": ${SECRET}}`,
  `{"a": 1} ${SECRET}`,
  `["${SECRET}\n"]`,
  `{"a": "\\${SECRET}"}`,
  `<<<<<<< ${SECRET}\n`,
  `a: *${SECRET}\n`,
  `a: {${SECRET}: [b\n`,
  `"${SECRET}": 1\n"${SECRET}": 2\n`,
  `%${SECRET} 1\n---\na: !${SECRET} [\n`,
  `a: "\\q${SECRET}"\n`,
  `${SECRET} = = "${SECRET}"\n`,
];

const box = new Sandbox();
before(() => box.daemon());
after(() => box[Symbol.asyncDispose]());

function put(path: string, text: string): string {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

function assertUnquoted(ended: Ended, what: string): void {
  assert.ok(
    !`${ended.stdout}${ended.stderr}`.includes(SECRET),
    `${what}: ${ended.stdout}${ended.stderr}`,
  );
}

test('a lock', async () => {
  for (const text of TEXTS) {
    const lock = put(join(box.work, 'other.lock'), text);
    for (const args of [
      ['audit'],
      ['audit', '--json'],
      ['audit', '--sarif'],
      ['verify'],
      ['list', '--json'],
      ['lock', '--fix'],
      ['install', '--frozen'],
      ['remove', 'waitbus-source-mine'],
    ]) {
      const ended = await box.run(['plugin', ...args, '--lockfile', lock]);
      assertUnquoted(ended, args.join(' '));
    }
  }
});

test('a configuration', async () => {
  for (const [name, texts] of [
    ['config.json', TEXTS],
    ['config.yaml', TEXTS],
  ] as const) {
    for (const text of texts) {
      const file = put(join(box.directory, 'elsewhere', name), text);
      const ended = await box.run(['config', 'validate', file]);
      assert.notEqual(ended.code, 0, `${name}: ${text}`);
      // A key that the file has twice, or that is unknown, is named by problems of its own.
      if (!text.startsWith('"') && !text.startsWith('{"a": 1}')) assertUnquoted(ended, name);
    }
  }
});

test('a package', async () => {
  for (const text of TEXTS) {
    const directory = join(box.work, 'package');
    put(join(directory, 'package.json'), text);
    assertUnquoted(await box.run(['plugin', 'add', './package', '--yes']), 'add');
    assertUnquoted(await box.run(['plugin', 'dev', './package']), 'dev');
  }
});

test('secrets', async () => {
  for (const text of TEXTS) {
    put(join(box.paths.stateDir, 'secrets.json'), text);
    for (const args of [
      ['secret', 'list'],
      ['doctor', '--json'],
    ]) {
      assertUnquoted(await box.run(args), args.join(' '));
    }
  }
});

test("a harness's settings", async () => {
  const home = join(box.directory, 'home');
  for (const text of TEXTS) {
    put(join(home, '.claude', 'settings.json'), text);
    put(join(home, '.codex', 'config.toml'), text);
    for (const args of [
      ['install', 'claude', 'codex'],
      ['install', 'claude', 'codex', '--json'],
      ['uninstall', 'claude', 'codex'],
    ]) {
      const ended = await box.run([...args, '--dry-run']);
      // A diff of what can be parsed shows the lines around, which is what it is for.
      if (ended.code !== 0) assertUnquoted({ ...ended, stdout: '' }, args.join(' '));
    }
  }
});

test('what is typed or piped is refused with its place alone', async () => {
  for (const text of TEXTS) {
    assertUnquoted(await box.run(['emit', '--json', '-'], text), 'emit --json');
    assertUnquoted(await box.run(['hook', 'claude', 'Stop'], text), 'hook');
  }
});
