/** The file of secrets when it is open to others, no file, or damaged: refused, and left as it is. */
import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Sandbox } from '../support/sandbox.js';
import { assertEnd, fileOf, NAME, VALUE } from './kept-secrets.js';

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
