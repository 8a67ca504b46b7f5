/** Real editors and tools, each with its own way to save: what they finish, and nothing else. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { is, sh, startSource, temporaryDirectory } from './harness.js';

/** The first of these programs that is there. */
function find(...names: readonly string[]): string | undefined {
  return names.find((name) => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0);
}

const vim = find('vim', 'vim.tiny', 'vi');
const BACKUPS = ['backup', 'nobackup', 'nobackup nowritebackup'];

for (const backup of BACKUPS) {
  for (const copy of ['yes', 'no', 'auto']) {
    const options = `${backup} backupcopy=${copy}`;
    const skip = vim === undefined && 'vim is not installed';
    test(
      `vim with ${options}: one change, no deletion, no backup but one that stays`,
      { skip },
      async (t) => {
        const root = temporaryDirectory(t);
        const file = join(root, 'x.txt');
        writeFileSync(file, 'old\n');
        const running = await startSource(t, [root]);
        const commands = `-c 's/old/newer/' -c w -c 's/newer/newest/' -c wq`;
        await sh(
          `${vim} -es -u NONE --cmd 'set swapfile backupskip= ${options}' ${commands} x.txt`,
          root,
        );
        assert.equal(readFileSync(file, 'utf8'), 'newest\n');
        await running.waitFor(
          (event) => is('fs_change', file)(event) && event.fields?.['size'] === 7n,
          'the second save',
        );
        if (backup === 'backup') {
          await running.waitFor(is('fs_change', `${file}~`), 'the backup that vim leaves');
        }
        const all = await running.storyUntilMarker(root);
        const story = all.filter((line) => backup !== 'backup' || line !== 'change x.txt~');
        // Two saves that follow each other faster than they can be read may be told as one.
        assert.ok(story.length <= 2, story.join(', '));
        assert.deepEqual([...new Set(story)], ['change x.txt']);
      },
    );
  }
}

const rsync = find('rsync');

test('rsync: one change a file, for new ones and for changed ones', async (t) => {
  if (rsync === undefined) return t.skip('rsync is not installed');
  const from = temporaryDirectory(t);
  const root = temporaryDirectory(t);
  mkdirSync(join(from, 'sub'));
  const names = Array.from({ length: 30 }, (_, n) => `sub/f${n}`);
  const write = (text: string) => names.forEach((name) => writeFileSync(join(from, name), text));
  const expected = names.map((name) => `change ${name}`).sort();
  write('one');
  mkdirSync(join(root, 'sub'));
  const running = await startSource(t, [root]);
  const copy = async (...options: string[]): Promise<readonly string[]> => {
    const before = running.story(root).filter((line) => !line.includes('marker')).length;
    await sh(`rsync -a ${options.join(' ')} ${from}/ ./`, root);
    return [...(await running.storyUntilMarker(root)).slice(before)].sort();
  };
  assert.deepEqual(await copy(), expected, 'new');
  write('longer');
  assert.deepEqual(await copy(), expected, 'changed, by rename');
  write('longer still');
  assert.deepEqual(await copy('--inplace'), expected, 'changed in place');
  await sh(`rm ${from}/sub/f0`, from);
  assert.deepEqual(await copy('--delete'), ['delete sub/f0'], 'deleted');
});

test('a git checkout of thousands of files: what it changed, and nothing of .git', async (t) => {
  const root = temporaryDirectory(t);
  const script = `
import os, sys
def put(i, text):
    d = 'd%d' % (i % 40)
    os.makedirs(d, exist_ok=True)
    open('%s/f%d' % (d, i), 'w').write(text)
if sys.argv[1] == 'one':
    for i in range(4000): put(i, 'one')
else:
    for i in range(1000): put(i, 'other')
    for i in range(1000, 2000): os.unlink('d%d/f%d' % (i % 40, i))
    for i in range(4000, 5000): put(i, 'new')`;
  const program = join(temporaryDirectory(t), 'put.py');
  writeFileSync(program, script);
  await sh(
    `git init -q -b one . && git config gc.auto 0 && git config maintenance.auto false
     git config user.name t && git config user.email t@example.org
     python3 ${program} one && git add . && git commit -qm one
     git checkout -qb other && python3 ${program} other && git add -A && git commit -qm other
     git checkout -q one`,
    root,
  );
  const running = await startSource(t, [root]);
  await sh('git checkout -q other', root);
  const last = new Map<string, string>();
  for (const line of await running.storyUntilMarker(root)) {
    const [what = '', path = ''] = line.split(' ');
    last.set(path, what);
  }
  const path = (i: number) => `d${i % 40}/f${i}`;
  const expected = new Map<string, string>();
  for (let i = 0; i < 1000; i += 1) expected.set(path(i), 'change');
  for (let i = 1000; i < 2000; i += 1) expected.set(path(i), 'delete');
  for (let i = 4000; i < 5000; i += 1) expected.set(path(i), 'change');
  assert.deepEqual([...last].sort(), [...expected].sort());
});

test('npm install of a tarball: the manifest and the lock, nothing of node_modules', async (t) => {
  const root = temporaryDirectory(t);
  const outside = temporaryDirectory(t);
  mkdirSync(join(outside, 'package'));
  const manifest = { name: 'dependency', version: '1.0.0', main: 'index.js' };
  writeFileSync(join(outside, 'package/package.json'), JSON.stringify(manifest));
  for (let n = 0; n < 200; n += 1) writeFileSync(join(outside, `package/f${n}.js`), '');
  await sh('tar czf dependency.tgz package', outside);
  writeFileSync(join(root, 'package.json'), JSON.stringify({ name: 'app', version: '1.0.0' }));
  const running = await startSource(t, [root]);
  const cache = `--cache ${outside}/cache --offline --no-audit --no-fund --loglevel error`;
  await sh(`HOME=${outside} npm install ${cache} ${outside}/dependency.tgz`, root);
  assert.ok(readFileSync(join(root, 'node_modules/dependency/f199.js')));
  const story = await running.storyUntilMarker(root);
  assert.deepEqual([...new Set(story)].sort(), ['change package-lock.json', 'change package.json']);
});

test('a writer in place, and one that writes beside and renames, look the same', async (t) => {
  const root = temporaryDirectory(t);
  const file = join(root, 'f');
  writeFileSync(file, 'old');
  const running = await startSource(t, [root]);
  const inPlace = "open('f', 'r+').write('in place')";
  const beside = `import os, tempfile
handle, name = tempfile.mkstemp(dir='.')
os.write(handle, b'beside'); os.fsync(handle); os.close(handle); os.replace(name, 'f')`;
  for (const [script, size] of [
    [inPlace, 8n],
    [beside, 6n],
  ] as const) {
    await sh(`python3 -c "${script}"`, root);
    await running.waitFor(
      (event) => is('fs_change', file)(event) && event.fields?.['size'] === size,
      `save of ${size} bytes`,
    );
  }
  assert.deepEqual(await running.storyUntilMarker(root), ['change f', 'change f']);
});
