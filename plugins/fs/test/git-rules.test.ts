/** What git itself says: tracked files, repositories within, and directories that ignore themselves. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { is, sh, startSource, temporaryDirectory } from './harness.js';

for (const engine of ['linux', 'portable'] as const) {
  test(`${engine}: a root whose own file says * means its files`, async (t) => {
    if (engine === 'portable') process.env['WAITBUS_FS_ENGINE'] = 'portable';
    t.after(() => delete process.env['WAITBUS_FS_ENGINE']);
    const top = temporaryDirectory(t);
    const venv = join(top, 'venv');
    await sh(
      'git init -q .; mkdir -p venv/lib pkg; printf "# made by a tool\\n*\\n" > venv/.gitignore',
      top,
    );
    await sh('printf "*\\n!.gitignore\\n" > pkg/.gitignore', top);
    const running = await startSource(t, [top]);
    await sh('echo 1 > venv/lib/ignored; echo 1 > pkg/ignored; echo 1 > kept', top);
    await running.waitFor(is('fs_change', join(top, 'kept')), 'save beside');
    assert.deepEqual(running.story(top), ['change kept']);
    await running.setRoots(top, venv, join(top, 'pkg'));
    await sh('echo 1 > venv/lib/meant; echo 1 > pkg/meant', top);
    await running.waitFor(is('fs_change', join(venv, 'lib/meant')), 'save in the root');
    await running.waitFor(is('fs_change', join(top, 'pkg/meant')), 'save in the other root');
    await running.setRoots(top);
    await sh('echo 1 > venv/lib/again; echo 1 > last', top);
    await running.waitFor(is('fs_change', join(top, 'last')), 'save beside');
    assert.ok(!running.story(top).includes('change venv/lib/again'));
  });
}

test('what git tracks is not ignored, whatever the rules say', async (t) => {
  const top = temporaryDirectory(t);
  await sh('git init -q .; mkdir -p dist/sub; printf "dist/\\n*.log\\n" > .gitignore', top);
  await sh('echo 1 > kept.log; echo 1 > dist/sub/kept; git add -f kept.log dist/sub/kept', top);
  const running = await startSource(t, [top]);
  await sh(
    'echo 2 > other.log; echo 2 > dist/sub/other; echo 2 > kept.log; echo 2 > dist/sub/kept',
    top,
  );
  await running.waitFor(is('fs_change', join(top, 'kept.log')), 'tracked file');
  await running.waitFor(is('fs_change', join(top, 'dist/sub/kept')), 'tracked file below');
  // Added while somebody waits.
  await sh('git add -f other.log', top);
  await running.waitFor(() => running.events.length >= 2, 'both');
  assert.deepEqual([...(await running.storyUntilMarker(top))].sort(), [
    'change dist/sub/kept',
    'change kept.log',
  ]);
  await sh('echo 3 > other.log', top);
  await running.waitFor(is('fs_change', join(top, 'other.log')), 'file that is tracked by now');
});

for (const version of [2, 4]) {
  test(`an index of version ${version} is read`, async (t) => {
    const top = temporaryDirectory(t);
    await sh(`git init -q .; git config index.version ${version}; echo "*.x" > .gitignore`, top);
    await sh('mkdir -p a/b; for n in 1 22 333; do echo 1 > a/f$n.x; echo 1 > a/b/f$n.x; done', top);
    await sh('git add -f a', top);
    const running = await startSource(t, [top]);
    await sh(
      'for n in 1 22 333; do echo 2 > a/f$n.x; echo 2 > a/b/f$n.x; done; echo 1 > a/g.x',
      top,
    );
    const story = async () => [...(await running.storyUntilMarker(top))].sort();
    assert.deepEqual(await story(), [
      ...['a/b/f1.x', 'a/b/f22.x', 'a/b/f333.x'].map((name) => `change ${name}`),
      ...['a/f1.x', 'a/f22.x', 'a/f333.x'].map((name) => `change ${name}`),
    ]);
  });
}

test("a repository within the tree has its own rules, and none of the outer one's", async (t) => {
  const top = temporaryDirectory(t);
  await sh('git init -q .; echo "*.log" > .gitignore; mkdir inner; git init -q inner', top);
  await sh('echo "*.tmpl" > inner/.gitignore', top);
  const running = await startSource(t, [top]);
  await sh('echo 1 > x.log; echo 1 > inner/x.tmpl; echo 1 > inner/x.log', top);
  await running.waitFor(is('fs_change', join(top, 'inner/x.log')), 'save in the inner one');
  assert.deepEqual(await running.storyUntilMarker(top), ['change inner/x.log']);
  // One that becomes a repository while somebody waits.
  mkdirSync(join(top, 'later'));
  await sh('git init -q later', top);
  writeFileSync(join(top, 'later/x.log'), '1');
  await running.waitFor(is('fs_change', join(top, 'later/x.log')), 'save in the later one');
});

test('rules above the root that come to ignore it, and go again, leave it observed', async (t) => {
  const top = temporaryDirectory(t);
  await sh('git init -q .; mkdir build; echo "*.o" > .gitignore', top);
  const root = join(top, 'build');
  const running = await startSource(t, [root]);
  await sh('echo build > .gitignore; echo 1 > build/a', top);
  await running.waitFor(is('fs_change', join(root, 'a')), 'save while it is ignored');
  await sh('echo "*.o" > .gitignore', top);
  await sh('echo 1 > x.o; echo 1 > b', root);
  await running.waitFor(is('fs_change', join(root, 'b')), 'save while it is not');
  assert.deepEqual(await running.storyUntilMarker(root), ['change a', 'change b']);
});
