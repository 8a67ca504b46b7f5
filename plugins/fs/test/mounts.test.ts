/** Mounts over what is watched, and roots that are replaced while somebody stands in them. */
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { is, sh, startSource, temporaryDirectory, type Running } from './harness.js';

/** Where this file has mounted something. */
const points: string[] = [];

function unmountAll(): void {
  for (const point of points.splice(0).reverse()) {
    spawnSync('umount', ['-l', point], { stdio: 'ignore' });
  }
}

/**
 * Mounting takes rights that a test has in few places. To be asked before a test makes directories:
 * what is mounted in them has to go before they do.
 */
function canMount(t: TestContext): boolean {
  t.after(unmountAll);
  const place = temporaryDirectory(t);
  if (spawnSync('mount', ['-t', 'tmpfs', 'none', place], { stdio: 'ignore' }).status !== 0) {
    return false;
  }
  execFileSync('umount', [place]);
  return true;
}

function mount(point: string, ...from: readonly string[]): void {
  execFileSync('mount', [...from, point]);
  points.push(point);
}

const TMPFS = ['-t', 'tmpfs', 'none'];

for (const engine of ['linux', 'portable'] as const) {
  const start = async (t: TestContext, ...roots: readonly string[]): Promise<Running> => {
    if (engine === 'portable') process.env['WAITBUS_FS_ENGINE'] = 'portable';
    t.after(() => delete process.env['WAITBUS_FS_ENGINE']);
    return startSource(t, roots);
  };

  test(`${engine}: a mount over a watched directory is seen, and the unmount`, async (t) => {
    if (!canMount(t)) return t.skip('needs the right to mount');
    const root = temporaryDirectory(t);
    mkdirSync(join(root, 'd'));
    writeFileSync(join(root, 'd/below'), '1');
    const running = await start(t, root);
    mount(join(root, 'd'), ...TMPFS);
    writeFileSync(join(root, 'd/above'), '1');
    await running.waitFor(is('fs_change', join(root, 'd/above')), 'save in what is mounted');
    await running.waitFor(is('fs_delete', join(root, 'd/below')), 'what is covered');
    execFileSync('umount', [join(root, 'd')]);
    await running.waitFor(is('fs_change', join(root, 'd/below')), 'what is uncovered');
    await running.waitFor(is('fs_delete', join(root, 'd/above')), 'what was mounted');
    writeFileSync(join(root, 'd/later'), '1');
    await running.waitFor(is('fs_change', join(root, 'd/later')), 'save after the unmount');
  });

  test(`${engine}: a root that is mounted over is watched as what it is now`, async (t) => {
    if (!canMount(t)) return t.skip('needs the right to mount');
    const base = temporaryDirectory(t);
    const root = join(base, 'a/root');
    mkdirSync(root, { recursive: true });
    const running = await start(t, root);
    mount(root, ...TMPFS);
    writeFileSync(join(root, 'f'), '1');
    await running.waitFor(is('fs_change', join(root, 'f')), 'save in the root that is mounted');
    execFileSync('umount', [root]);
    writeFileSync(join(root, 'g'), '1');
    await running.waitFor(is('fs_change', join(root, 'g')), 'save in the root again');
    mount(join(base, 'a'), ...TMPFS);
    mkdirSync(root);
    writeFileSync(join(root, 'h'), '1');
    await running.waitFor(
      is('fs_change', join(root, 'h')),
      'save where all above was mounted over',
    );
  });

  test(`${engine}: a root that is made again while a shell stands in it`, async (t) => {
    const base = temporaryDirectory(t);
    const root = join(base, 'd');
    mkdirSync(root);
    writeFileSync(join(root, 'x.txt'), '1');
    const running = await start(t, root);
    const shell = spawn('sh', ['-c', 'echo in; read go'], {
      cwd: root,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    t.after(() => shell.kill());
    await once(shell.stdout, 'data');
    await sh('rm -rf d; mkdir d; echo 1 > d/y.txt', base);
    await running.waitFor(is('fs_change', join(root, 'y.txt')), 'save in the new root');
    await running.waitFor(is('fs_delete', join(root, 'x.txt')), 'what went with the old one');
    await sh('echo 1 > d/z.txt', base);
    await running.waitFor(is('fs_change', join(root, 'z.txt')), 'a later save');
  });
}

test('a directory that is bound to another place of the tree is told by both paths', async (t) => {
  if (!canMount(t)) return t.skip('needs the right to mount');
  const root = temporaryDirectory(t);
  await sh('mkdir a b', root);
  const running = await startSource(t, [root]);
  mount(join(root, 'b'), '--bind', join(root, 'a'));
  writeFileSync(join(root, 'a/f'), '1');
  await running.waitFor(is('fs_change', join(root, 'a/f')), 'save');
  await running.waitFor(is('fs_change', join(root, 'b/f')), 'the same by the other path');
  writeFileSync(join(root, 'a/g'), '1');
  await running.waitFor(is('fs_change', join(root, 'a/g')), 'later save');
  await running.waitFor(is('fs_change', join(root, 'b/g')), 'the same by the other path');
});

test('a root whose directories above go, too, while a shell stands in it', async (t) => {
  const base = temporaryDirectory(t);
  const root = join(base, 'a/b/c');
  mkdirSync(root, { recursive: true });
  const running = await startSource(t, [root]);
  const shell = spawn('sh', ['-c', 'echo in; read go'], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => shell.kill());
  await once(shell.stdout, 'data');
  for (let n = 0; n < 20; n += 1) {
    await sh(`rm -rf a; mkdir -p a/b/c; echo 1 > a/b/c/f${n}`, base);
    await running.waitFor(is('fs_change', join(root, `f${n}`)), `save ${n}`);
  }
  assert.deepEqual(running.failures, []);
});
