/** Changes that no close of the name tells of: an exchange, a truncation, a write through a link. */
import assert from 'node:assert/strict';
import { mkdirSync, renameSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { is, sh, startSource, temporaryDirectory } from './harness.js';

const EXCHANGE = `
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
def exchange(a, b):
    if libc.renameat2(-100, a.encode(), -100, b.encode(), 2) != 0: raise OSError(ctypes.get_errno())
`;

test('two files that are exchanged are both told', async (t) => {
  const root = temporaryDirectory(t);
  await sh('echo 1 > a; echo 333 > b', root);
  const running = await startSource(t, [root]);
  await sh(`python3 -c "${EXCHANGE}\nexchange('a', 'b')"`, root);
  await running.waitFor(is('fs_change', join(root, 'a')), 'one');
  await running.waitFor(is('fs_change', join(root, 'b')), 'other');
  assert.deepEqual([...(await running.storyUntilMarker(root))].sort(), ['change a', 'change b']);
});

test('exchanged again and again, the last state of both is told', async (t) => {
  const root = temporaryDirectory(t);
  await sh('echo 1 > a; echo 333 > b; mkdir d e; echo 1 > d/f; echo 333 > e/f', root);
  const running = await startSource(t, [root]);
  const script = `${EXCHANGE}
for n in range(31):
    exchange('a', 'b'); exchange('d', 'e')`;
  await sh(`python3 -c "${script}"`, root);
  await running.storyUntilMarker(root);
  await running.storyUntilMarker(root);
  const last = (name: string): unknown =>
    running.events.filter(is('fs_change', join(root, name))).at(-1)?.fields?.['size'];
  assert.deepEqual(['a', 'b', 'd/f', 'e/f'].map(last), [4n, 2n, 4n, 2n]);
  writeFileSync(join(root, 'd/g'), '');
  writeFileSync(join(root, 'e/g'), '');
  await running.waitFor(is('fs_change', join(root, 'd/g')), 'save in one directory');
  await running.waitFor(is('fs_change', join(root, 'e/g')), 'save in the other');
});

test('a truncation without a close is a change', async (t) => {
  const root = temporaryDirectory(t);
  writeFileSync(join(root, 'log'), 'long');
  const running = await startSource(t, [root]);
  truncateSync(join(root, 'log'), 1);
  await sh(`python3 -c "import os; os.truncate('log', 2)"`, root);
  const event = await running.waitFor(
    (each) => is('fs_change', join(root, 'log'))(each) && each.fields?.['size'] === 2n,
    'truncation',
  );
  assert.equal(event.fields?.['conclusion'], 'success');
});

for (const where of ['in the tree', 'outside of it'] as const) {
  test(`a write through a symlink to a file ${where} tells the link's name`, async (t) => {
    const root = temporaryDirectory(t);
    const outside = temporaryDirectory(t);
    const home = where === 'in the tree' ? join(root, 'dotfiles') : outside;
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, 'vimrc'), '1');
    symlinkSync(join(home, 'vimrc'), join(root, '.vimrc'));
    const running = await startSource(t, [root]);
    const link = join(root, '.vimrc');
    writeFileSync(link, 'through the link');
    const event = await running.waitFor(is('fs_change', link), 'save through the link');
    assert.equal(event.fields?.['size'], 16n);
    writeFileSync(join(home, '.vimrc.tmp'), 'by rename');
    renameSync(join(home, '.vimrc.tmp'), join(home, 'vimrc'));
    await running.waitFor(
      (each) => is('fs_change', link)(each) && each.fields?.['size'] === 9n,
      'save by rename behind the link',
    );
    const told = (await running.storyUntilMarker(root)).filter((line) => line.endsWith('.vimrc'));
    assert.deepEqual(told, ['change .vimrc', 'change .vimrc']);
  });
}

test('a link that leads through another one, which is replaced, tells its name', async (t) => {
  const root = temporaryDirectory(t);
  await sh('mkdir ..one ..two; echo 1 > ..one/config; echo 22 > ..two/config', root);
  await sh('ln -s ..one ..data; ln -s ..data/config config', root);
  const running = await startSource(t, [root]);
  await sh('ln -s ..two ..data_tmp; mv -T ..data_tmp ..data', root);
  const event = await running.waitFor(is('fs_change', join(root, 'config')), 'new content');
  assert.equal(event.fields?.['size'], 3n);
});
