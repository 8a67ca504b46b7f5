/** Directories that appear, bursts, overflows, roots that nest, go and come back. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { is, sh, startSource, temporaryDirectory, type Running } from './harness.js';

/** Resolves when that many different paths were reported. */
async function waitForPaths(running: Running, type: string, count: number): Promise<void> {
  const seen = new Set<unknown>();
  await running.waitFor(
    (event) => event.event_type === type && seen.add(event.fields?.['path']).size >= count,
    `${type} of ${count} paths`,
  );
}

test('a file in directories that were made with it is never missed', async (t) => {
  const root = temporaryDirectory(t);
  const running = await startSource(t, [root]);
  for (let n = 0; n < 30; n += 1) await sh(`mkdir -p a${n}/b/c && echo x > a${n}/b/c/f`, root);
  for (let n = 0; n < 30; n += 1) {
    await running.waitFor(is('fs_change', join(root, `a${n}/b/c/f`)), `save ${n}`);
  }
  assert.equal((await running.storyUntilMarker(root)).length, 30);
});

for (const way of ['mkdir', 'mv'] as const) {
  test(`a file that is being written in a directory that appears by ${way}`, async (t) => {
    const root = temporaryDirectory(t);
    const outside = temporaryDirectory(t);
    const running = await startSource(t, [root]);
    const place = way === 'mkdir' ? root : outside;
    const script =
      'mkdir -p d/e; exec 3>d/e/f; printf one >&3; echo done > d/e/g; echo written; read go; printf two >&3';
    const writer = spawn('sh', ['-c', script], { cwd: place, stdio: ['pipe', 'pipe', 'inherit'] });
    await once(writer.stdout, 'data');
    if (way === 'mv') renameSync(join(outside, 'd'), join(root, 'd'));
    await running.waitFor(is('fs_change', join(root, 'd/e/g')), 'finished neighbour');
    assert.deepEqual(await running.storyUntilMarker(root), ['change d/e/g']);
    writer.stdin.end('go\n');
    const event = await running.waitFor(is('fs_change', join(root, 'd/e/f')), 'save');
    assert.equal(event.fields?.['size'], 6n);
    assert.deepEqual(await running.storyUntilMarker(root), ['change d/e/g', 'change d/e/f']);
  });
}

/** 10,000 files, committed; made once, since that takes longer than the tests. */
let repository = '';
before(async () => {
  repository = realpathSync(mkdtempSync(join(tmpdir(), 'waitbus-fs-')));
  const script = `
import os
for i in range(10000):
    d = 'd%d/e%d' % (i % 50, i % 7)
    os.makedirs(d, exist_ok=True)
    open('%s/f%d' % (d, i), 'w').write(str(i))`;
  // Git packs many loose objects in the background after a commit, and takes them away from a clone.
  const init = 'git init -q . && git config gc.auto 0 && git config maintenance.auto false';
  const commit = 'git add . && git -c user.name=t -c user.email=t@t commit -qm all';
  await sh(`${init} && python3 -c "${script}" && ${commit}`, repository);
});
after(() => rmSync(repository, { recursive: true, force: true }));

test('a checkout of 10,000 files loses nothing and repeats nothing', async (t) => {
  const root = temporaryDirectory(t);
  const running = await startSource(t, [root]);
  await sh(`git clone -q ${repository} clone`, root);
  await waitForPaths(running, 'fs_change', 10_000);
  assert.equal((await running.storyUntilMarker(root)).length, 10_000);
  assert.ok(!running.story('').some((line) => line.includes('/.git/')));
  await sh('rm -r clone', root);
  await waitForPaths(running, 'fs_delete', 10_001);
});

test('a copy of 10,000 files loses nothing', async (t) => {
  const root = temporaryDirectory(t);
  const running = await startSource(t, [root]);
  await sh(`mkdir copy; cp -r ${repository}/d* copy`, root);
  await waitForPaths(running, 'fs_change', 10_000);
  assert.equal((await running.storyUntilMarker(root)).length, 10_000);
});

test('a tree of 10,000 files is armed as a whole', async (t) => {
  let best = Infinity;
  for (let round = 0; round < 3; round += 1) {
    const before = performance.now();
    const running = await startSource(t, [repository]);
    best = Math.min(best, performance.now() - before);
    const deepest = join(repository, `d49/e6/armed-${round}`);
    writeFileSync(deepest, 'x');
    await running.waitFor(is('fs_change', deepest), deepest);
    running.stop();
  }
  t.diagnostic(`armed in ${best.toFixed(0)} ms`);
});

test('an overflow of the queue loses nothing', async (t) => {
  const root = temporaryDirectory(t);
  await sh('mkdir old; echo 1 > old/changed; echo 1 > old/same; echo 1 > old/gone', root);
  const running = await startSource(t, [root]);
  // The source shares this event loop, so it reads nothing until this returns.
  const limit = Number(readFileSync('/proc/sys/fs/inotify/max_queued_events', 'utf8'));
  const files = Math.ceil(limit / 2) + 1000;
  const script = `
import os
for i in range(${files}): open('old/f%d' % i, 'w').close()
os.makedirs('new/deep')
for i in range(100): open('new/f%d' % i, 'w').close()
open('new/deep/f', 'w').write('deep')
open('old/changed', 'w').write('22'); os.unlink('old/gone')`;
  execFileSync('python3', ['-c', script], { cwd: root });
  await waitForPaths(running, 'fs_change', files + 102);
  await running.waitFor(is('fs_delete', join(root, 'old/gone')), 'deletion');
  assert.ok(
    running.logs.some((line) => line.includes('overflow')),
    'nothing overflowed',
  );
  const story = await running.storyUntilMarker(root);
  assert.ok(!story.includes('change old/same'));
  assert.equal(story.length, files + 103);
});

test('while the host takes nothing the source stops reading, and loses nothing', async (t) => {
  const root = temporaryDirectory(t);
  let open: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  const running = await startSource(t, [root], {}, undefined, gate);
  const limit = Number(readFileSync('/proc/sys/fs/inotify/max_queued_events', 'utf8'));
  // The source takes in some 12,000 before it stops; each file that follows is two events.
  const files = 12_000 + limit;
  const script = `for i in range(${files}): open('f%d' % i, 'w').close()`;
  await sh(`python3 -c "${script}"`, root);
  assert.deepEqual(running.events, []);
  open();
  await waitForPaths(running, 'fs_change', files);
  assert.ok(
    running.logs.some((line) => line.includes('overflow')),
    'it went on reading',
  );
});

test('nested and repeated roots give one event a save, and stay armed as they change', async (t) => {
  const root = temporaryDirectory(t);
  const inner = join(root, 'a/inner');
  mkdirSync(inner, { recursive: true });
  const running = await startSource(t, [inner, root, root, join(inner, '..')]);
  const file = join(inner, 'f');
  let saves = 0;
  const save = async (): Promise<void> => {
    writeFileSync(file, 'x');
    saves += 1;
    await running.waitFor(
      () => running.events.filter(is('fs_change', file)).length >= saves,
      `save ${saves}`,
    );
  };
  await save();
  await running.setRoots(inner);
  await save();
  assert.equal(running.events.at(-1)?.fields?.['root'], inner);
  writeFileSync(join(root, 'outside'), '');
  await running.setRoots(root, inner);
  await save();
  assert.equal(running.events.at(-1)?.fields?.['root'], root);
  await running.setRoots(root);
  await save();
  const story = await running.storyUntilMarker(root);
  assert.deepEqual(story, Array<string>(4).fill('change a/inner/f'));
  await running.setRoots();
  writeFileSync(file, 'y');
  await running.setRoots(root);
  assert.deepEqual(await running.storyUntilMarker(root), story);
});

test('a root that goes and comes back', async (t) => {
  const base = temporaryDirectory(t);
  const root = join(base, 'x/root');
  mkdirSync(root, { recursive: true });
  writeFileSync(join(root, 'f'), '1');
  const running = await startSource(t, [root]);
  rmSync(join(base, 'x'), { recursive: true });
  await running.waitFor(is('fs_delete', join(root, 'f')), 'deletion');
  await sh('mkdir -p x/root/deep && echo 2 > x/root/deep/f', base);
  await running.waitFor(is('fs_change', join(root, 'deep/f')), 'save in the new root');
  renameSync(join(base, 'x'), join(base, 'y'));
  await running.waitFor(is('fs_delete', join(root, 'deep/f')), 'deletion by renaming above');
  writeFileSync(join(base, 'y/root/deep/elsewhere'), '');
  renameSync(join(base, 'y'), join(base, 'x'));
  await running.waitFor(is('fs_change', join(root, 'deep/elsewhere')), 'return by renaming above');
  assert.deepEqual([...(await running.storyUntilMarker(root))].sort(), [
    'change deep/elsewhere',
    'change deep/f',
    'change deep/f',
    'delete deep/f',
    'delete f',
  ]);
});

test('a root that is not there yet', async (t) => {
  const base = temporaryDirectory(t);
  const root = join(base, 'a/b');
  const running = await startSource(t, [root, join(base, 'never')]);
  await sh('mkdir -p a/b/c; echo 1 > a/b/c/f', base);
  await running.waitFor(is('fs_change', join(root, 'c/f')), 'save');
  assert.deepEqual(await running.storyUntilMarker(root), ['change c/f']);
});

test('a root through a symlink keeps the name it was asked for by', async (t) => {
  const base = temporaryDirectory(t);
  mkdirSync(join(base, 'real'));
  symlinkSync('real', join(base, 'link'));
  const running = await startSource(t, [join(base, 'link')]);
  writeFileSync(join(base, 'real/f'), '');
  await running.waitFor(is('fs_change', join(base, 'link/f')), 'save');
});

test('a symlink to a directory is reported and not followed', async (t) => {
  const root = temporaryDirectory(t);
  const running = await startSource(t, [root]);
  mkdirSync(join(root, 'd'));
  symlinkSync('..', join(root, 'd/loop'));
  await running.waitFor(is('fs_change', join(root, 'd/loop')), 'symlink');
  assert.deepEqual(await running.storyUntilMarker(root), ['change d/loop']);
});
