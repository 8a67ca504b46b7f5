/** What is said while a wait is armed: what it asks for and cannot get. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Arming } from '../src/arming.js';
import { IgnoreRules } from '../src/ignore-rules.js';
import { codes, is, world } from './check-world.js';
import { sh, startSource, temporaryDirectory } from './harness.js';

test('a wait that can match is told nothing', async (t) => {
  const { root, check } = await world(t);
  for (const conditions of [
    [],
    [is('path', join(root, 'src/f'))],
    [is('path', join(root, '../link/src/f'))],
    [is('path', join(root, 'src/'), '^=')],
    [is('path', join(root, 'bu'), '^=')],
    [is('path', root.slice(0, 5), '^=')],
    [is('path', join(root, 'not/yet/there'))],
    [is('path', join(root, 'kept.log'))],
    [is('workflow_name', 'f')],
    [is('workflow_name', 'kept.log')],
    [is('path', '/elsewhere'), is('path', join(root, 'f'))],
    [is('path', 'src/', '*=' as const)],
  ]) {
    assert.deepEqual(check(...conditions), [], JSON.stringify(conditions));
  }
});

test('a path outside of the directory, and where to wait for it', async (t) => {
  const { root, check } = await world(t);
  const [note, ...more] = check(is('path', '/etc/a dir/hosts'));
  assert.deepEqual(more, []);
  assert.equal(note?.code, 'outside_roots');
  assert.equal(note.level, 'impossible');
  assert.equal(note.remedy, "cd '/etc/a dir'");
  assert.ok(note.detail.includes(root));
  assert.deepEqual(codes(check(is('path', `${root}-not/f`))), ['outside_roots impossible']);
  assert.deepEqual(codes(check(is('path', '/etc/', '^='))), ['outside_roots impossible']);
});

test('a relative path, and a slash in a name', async (t) => {
  const { root, check } = await world(t);
  const [relative] = check(is('path', 'src/f'));
  assert.equal(relative?.code, 'relative_path');
  assert.equal(relative.remedy, `--match 'fields.path="${root}/src/f"'`);
  assert.equal(check(is('path', './src/f'))[0]?.remedy, relative.remedy);
  const [slash] = check(is('workflow_name', 'src/f'));
  assert.equal(slash?.code, 'name_with_slash');
  assert.equal(slash.remedy, relative.remedy);
});

test('a name that the rules leave out, and what takes it in', async (t) => {
  const { root, check } = await world(t);
  const [log] = check(is('path', join(root, 'src/x.log')));
  assert.deepEqual([log?.code, log?.level], ['ignored_path', 'warning']);
  await sh(log?.remedy ?? 'false', root);
  const rules = new IgnoreRules(root, { ignore: [], gitignore: true });
  assert.equal(rules.ignoredBy(join(root, 'src/x.log'), false), null);
  const [built] = check(is('path', join(root, 'build/out/app')));
  assert.equal(built?.remedy, `cd ${join(root, 'build')}`);
  assert.deepEqual(codes(check(is('path', join(root, 'build/'), '^='))), ['ignored_path warning']);
  assert.deepEqual(codes(check(is('workflow_name', 'x.log'))), ['ignored_path warning']);
  assert.deepEqual(codes(check(is('workflow_name', 'x.bak'))), ['ignored_path warning']);
  for (const name of ['.git/HEAD', 'node_modules/m/index.js', 'a/node_modules/x']) {
    assert.deepEqual(codes(check(is('path', join(root, name)))), ['ignored_path impossible'], name);
  }
});

test('a directory is no file', async (t) => {
  const { root, check } = await world(t);
  const [note] = check(is('path', join(root, 'src')));
  assert.equal(note?.code, 'is_directory');
  assert.equal(note.remedy, `--match 'fields.path^="${root}/src/"'`);
  // Who waits for it to appear means the directory.
  assert.deepEqual(
    check({ key: 'event_type', op: '=', value: 'fs_create' }, is('path', join(root, 'src'))),
    [],
  );
});

test('the source looks at each wait by the rules as they are, by either spelling', async (t) => {
  const base = temporaryDirectory(t);
  await sh('mkdir root; ln -s root link; echo "*.log" > root/.gitignore', base);
  const root = join(base, 'root');
  const running = await startSource(t, [root]);
  const ask = (path: string, cwd = root) =>
    running.check({ id: 1, cwd, env: null, filters: [], anyOf: [[is('path', path)]] });
  assert.deepEqual(await ask(join(base, 'link/x')), []);
  assert.deepEqual(await ask(join(root, 'x'), join(base, 'link')), []);
  assert.equal((await ask(join(base, 'x')))[0]?.code, 'outside_roots');
  assert.equal((await ask(join(root, 'x.log')))[0]?.code, 'ignored_path');
  await sh('rm root/.gitignore', base);
  assert.deepEqual(await ask(join(root, 'x.log')), []);
});

test('a tree that takes long to be watched is said, and when it is', async () => {
  const notes: string[] = [];
  const waiter = { id: 7, cwd: '/big', env: null, filters: [], anyOf: [[]] };
  const arming = new Arming({
    config: { roots: [], ignore: [], gitignore: true },
    watchWaiters: (given) => given([waiter]),
    checkWaits: () => undefined,
    recheckWaits: () => undefined,
    note: (id, { level, detail }) => {
      notes.push(`${id} ${level}: ${detail}`);
      done();
    },
    signal: new AbortController().signal,
  });
  let done: () => void = () => undefined;
  const work = new Promise<void>((resolve) => (done = resolve));
  await arming.during(work, ['/big'], () => 12);
  assert.deepEqual(notes, [
    '7 warning: /big is not watched yet, 12 directories of it are; wait in a smaller directory to be armed sooner',
    '7 info: /big is watched now, 12 directories',
  ]);
});

test('a path through a symlink may lead here yet', async (t) => {
  const { root, check } = await world(t);
  await sh('mkdir ../elsewhere; ln -s ../elsewhere rel; ln -s .git repository', root);
  assert.deepEqual(codes(check(is('path', join(root, 'rel/f')))), ['outside_roots warning']);
  assert.deepEqual(codes(check(is('path', join(root, 'repository/f')))), ['ignored_path warning']);
  assert.deepEqual(codes(check(is('path', join(root, '../elsewhere/f')))), [
    'outside_roots impossible',
  ]);
});

test('a rule about one path says nothing of its name elsewhere', async (t) => {
  const { root, check } = await world(t);
  await sh('echo /out.txt >> .gitignore', root);
  assert.deepEqual(check(is('workflow_name', 'out.txt')), []);
  assert.deepEqual(codes(check(is('path', join(root, 'out.txt')))), ['ignored_path warning']);
});

test('the directory of the wait, and a slash at the end, are no file', async (t) => {
  const { root, check } = await world(t);
  const [own] = check(is('path', root));
  assert.deepEqual([own?.code, own?.level], ['is_directory', 'impossible']);
  assert.equal(own?.remedy, `--match 'fields.path^="${root}/"'`);
  const [slash] = check(is('path', join(root, 'x/')));
  assert.deepEqual([slash?.code, slash?.level], ['trailing_slash', 'impossible']);
  assert.equal(slash?.remedy, `--match 'fields.path^="${root}/x/"'`);
});
