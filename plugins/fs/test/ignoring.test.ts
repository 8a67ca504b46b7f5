/** What is not observed: fixed names, patterns, and .gitignore files wherever they are. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { is, sh, startSource, temporaryDirectory } from './harness.js';

test('.git and node_modules are never observed, whatever the options', async (t) => {
  const root = temporaryDirectory(t);
  const running = await startSource(t, [root], { gitignore: false });
  await sh(
    'git init -q .; mkdir -p node_modules/m a/node_modules; echo > node_modules/m/f; echo > a/node_modules/f; echo > a/f',
    root,
  );
  await running.waitFor(is('fs_change', join(root, 'a/f')), 'save');
  assert.deepEqual(await running.storyUntilMarker(root), ['change a/f']);
});

test('.gitignore files, nested and negated', async (t) => {
  const root = temporaryDirectory(t);
  await sh(
    'mkdir -p build a/build a/logs; printf "*.log\\nbuild/\\n" > .gitignore; printf "!build/\\n/logs/*\\n!/logs/keep.log\\n" > a/.gitignore',
    root,
  );
  const running = await startSource(t, [root]);
  await sh(
    'echo > x.log; echo > build/f; echo > a/x.log; echo > a/logs/x; echo > a/logs/keep.log; echo > a/build/f',
    root,
  );
  await running.waitFor(is('fs_change', join(root, 'a/build/f')), 'save');
  assert.deepEqual([...(await running.storyUntilMarker(root))].sort(), [
    'change a/build/f',
    'change a/logs/keep.log',
  ]);
});

test('rules of the repository above the root count, and their changes', async (t) => {
  const top = temporaryDirectory(t);
  await sh(
    'git init -q .; mkdir -p a/root; echo "*.out" > .gitignore; echo "/root/only" > a/.gitignore',
    top,
  );
  const root = join(top, 'a/root');
  const running = await startSource(t, [root]);
  await sh('echo > f.out; echo > only; echo > kept', root);
  await running.waitFor(is('fs_change', join(root, 'kept')), 'save');
  assert.deepEqual(await running.storyUntilMarker(root), ['change kept']);
  await sh('echo "*.other" > .gitignore', top);
  await sh('echo > f.other; echo > f.out', root);
  await running.waitFor(is('fs_change', join(root, 'f.out')), 'save');
  assert.deepEqual(await running.storyUntilMarker(root), ['change kept', 'change f.out']);
});

test('a change of .gitignore takes effect, both ways', async (t) => {
  const root = temporaryDirectory(t);
  await sh('mkdir -p out/deep in; echo out > .gitignore; echo 1 > out/old', root);
  const running = await startSource(t, [root]);
  await sh('echo in > .gitignore', root);
  await running.waitFor(is('fs_change', join(root, '.gitignore')), 'save');
  await sh('echo > in/f; echo > out/deep/f; rm out/old', root);
  await running.waitFor(is('fs_delete', join(root, 'out/old')), 'deletion');
  await sh('rm .gitignore; echo > in/g', root);
  await running.waitFor(is('fs_delete', join(root, '.gitignore')), 'deletion');
  await sh('echo > in/h', root);
  await running.waitFor(is('fs_change', join(root, 'in/h')), 'save');
  const story = await running.storyUntilMarker(root);
  assert.deepEqual(
    story.filter((line) => line !== 'change in/g'),
    [
      'change .gitignore',
      'change out/deep/f',
      'delete out/old',
      'delete .gitignore',
      'change in/h',
    ],
  );
});

test('patterns of the configuration, and gitignore: false', async (t) => {
  const root = temporaryDirectory(t);
  await sh('echo "*.log" > .gitignore; mkdir cache', root);
  const running = await startSource(t, [root], { gitignore: false, ignore: ['*.bak', '/cache/'] });
  await sh('echo > x.bak; echo > cache/f; echo > x.log', root);
  await running.waitFor(is('fs_change', join(root, 'x.log')), 'save');
  assert.deepEqual(await running.storyUntilMarker(root), ['change x.log']);
});

test('a root that is ignored by the repository around it is observed when asked for', async (t) => {
  const top = temporaryDirectory(t);
  await sh('git init -q .; mkdir build; printf "build\\n*.log\\n" > .gitignore', top);
  const root = join(top, 'build');
  const running = await startSource(t, [root]);
  writeFileSync(join(root, 'app.log'), '');
  await running.waitFor(is('fs_change', join(root, 'app.log')), 'save');
});

test('a root within node_modules is observed when asked for', async (t) => {
  const top = temporaryDirectory(t);
  const root = join(top, 'node_modules/m');
  mkdirSync(root, { recursive: true });
  const running = await startSource(t, [root, top]);
  writeFileSync(join(root, 'f'), '');
  await running.waitFor(is('fs_change', join(root, 'f')), 'save');
  assert.deepEqual(await running.storyUntilMarker(root), ['change f']);
});
