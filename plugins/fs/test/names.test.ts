/** Names of every kind, symlinks of every kind, and names that are not even text. */
import assert from 'node:assert/strict';
import { mkdirSync, renameSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { is, sh, startSource, temporaryDirectory } from './harness.js';

test('names of any script, spaces and quotes', async (t) => {
  const root = temporaryDirectory(t);
  const running = await startSource(t, [root]);
  const names = [
    ...['größe.txt', '文件', 'a b\'"c', '🦆', '-rf', 'n'.repeat(255), 'עברית', '👩‍👩‍👧‍👦.md'],
    ...['new\nline', 'tab\t', '\u0001', ' ', '...', '\\', '*', '$HOME', '\u202Eexe.txt'],
  ];
  for (const name of names) {
    writeFileSync(join(root, name), '');
    const event = await running.waitFor(is('fs_change', join(root, name)), name);
    assert.equal(event.fields?.['workflow_name'], name);
  }
  assert.deepEqual(
    await running.storyUntilMarker(root),
    names.map((name) => `change ${name}`),
  );
});

test('composed and decomposed forms, and either case, are names of their own', async (t) => {
  const root = temporaryDirectory(t);
  const running = await startSource(t, [root]);
  const pairs = [
    ['é'.normalize('NFC'), 'é'.normalize('NFD')],
    ['README', 'readme'],
    ['ﬁ', 'fi'],
  ] as const;
  for (const [one, other] of pairs) {
    assert.notEqual(one, other);
    mkdirSync(join(root, one));
    mkdirSync(join(root, other));
    writeFileSync(join(root, one, 'f'), '1');
    await running.waitFor(is('fs_change', join(root, one, 'f')), `save in ${one}`);
    renameSync(join(root, one, 'f'), join(root, other, 'f'));
    await running.waitFor(is('fs_change', join(root, other, 'f')), `save in ${other}`);
    await running.waitFor(is('fs_delete', join(root, one, 'f')), `deletion in ${one}`);
  }
  assert.equal((await running.storyUntilMarker(root)).length, 9);
});

test('names that are not UTF-8 are told, each byte that is none as U+FFFD', async (t) => {
  const root = temporaryDirectory(t);
  await sh(`python3 -c "import os; os.mkdir(b'known\\xff'); open(b'old\\xfe', 'w')"`, root);
  const running = await startSource(t, [root]);
  const script = `
import os
for n in range(20):
    name = bytes([0x80 + n]) + b'\\xff'
    open(b'f' + name, 'w').write('x')
    os.mkdir(b'd' + name)
    open(b'd' + name + b'/inside', 'w').write('x')
    os.rename(b'd' + name, b'e' + name)
open(b'known\\xff/f', 'w').close()
os.unlink(b'old\\xfe')
os.symlink(b'f\\x80\\xff', b'link\\xff')
os.rename(b'f\\x80\\xff', b'good')`;
  await sh(`python3 -c "${script}"`, root);
  await running.waitFor(is('fs_change', join(root, 'good')), 'save under a name that is text');
  await running.waitFor(is('fs_delete', join(root, 'old\uFFFD')), 'deletion');
  const story = [...(await running.storyUntilMarker(root))];
  const count = (line: string): number => story.filter((each) => each === line).length;
  assert.ok(count('change f\uFFFD\uFFFD') >= 19);
  assert.equal(count('change e\uFFFD\uFFFD/inside'), 20);
  for (const line of ['change known\uFFFD/f', 'change link\uFFFD', 'delete old\uFFFD']) {
    assert.equal(count(line), 1, line);
  }
  assert.deepEqual(running.failures, []);
});

test('symlinks: to a file, to a directory, to itself, to nothing', async (t) => {
  const root = temporaryDirectory(t);
  const outside = temporaryDirectory(t);
  writeFileSync(join(outside, 'target'), '1');
  const running = await startSource(t, [root]);
  const targets = {
    toFile: join(outside, 'target'),
    toDirectory: outside,
    toItself: 'toItself',
    toNothing: 'nowhere',
    toRoot: '.',
  };
  for (const [name, target] of Object.entries(targets)) {
    symlinkSync(target, join(root, name));
    await running.waitFor(is('fs_change', join(root, name)), name);
  }
  // What is behind a link is not in the tree.
  writeFileSync(join(outside, 'target'), '2');
  writeFileSync(join(outside, 'other'), '2');
  for (const name of Object.keys(targets)) {
    unlinkSync(join(root, name));
    await running.waitFor(is('fs_delete', join(root, name)), name);
  }
  assert.deepEqual(await running.storyUntilMarker(root), [
    ...Object.keys(targets).map((name) => `change ${name}`),
    ...Object.keys(targets).map((name) => `delete ${name}`),
  ]);
});

test('a symlink that is replaced, by another and by a file', async (t) => {
  const root = temporaryDirectory(t);
  symlinkSync('one', join(root, 'current'));
  const running = await startSource(t, [root]);
  await sh('ln -s two next && mv -T next current', root);
  await running.waitFor(is('fs_change', join(root, 'current')), 'other link');
  await sh('printf file > beside.tmp && mv -T beside.tmp current', root);
  await running.waitFor(
    (event) => is('fs_change', join(root, 'current'))(event) && event.fields?.['size'] === 4n,
    'file',
  );
  const story = await running.storyUntilMarker(root);
  assert.deepEqual(
    story.filter((line) => line.endsWith('current')),
    ['change current', 'change current'],
  );
});

test('a chain of many new directories with a file at its end, at once', async (t) => {
  const root = temporaryDirectory(t);
  const running = await startSource(t, [root]);
  const deep = Array.from({ length: 60 }, (_, n) => `level${n}`).join('/');
  await sh(`mkdir -p ${deep} && echo 1 > ${deep}/f`, root);
  await running.waitFor(is('fs_change', join(root, deep, 'f')), 'save');
  await sh(`echo longer > ${deep}/f`, root);
  await running.waitFor(
    (event) => is('fs_change', join(root, deep, 'f'))(event) && event.fields?.['size'] === 7n,
    'save there, later',
  );
});
