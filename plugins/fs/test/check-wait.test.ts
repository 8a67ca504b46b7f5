/** What is said while a wait is armed: what it asks for and cannot get. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Condition, WaitNote } from '@waitbus/plugin-sdk';
import { Arming } from '../src/arming.js';
import { checkWait, type Note } from '../src/check-wait.js';
import { IgnoreRules } from '../src/ignore-rules.js';
import { sh, startSource, temporaryDirectory } from './harness.js';

const is = (key: string, value: string, op: Condition['op'] = '='): Condition => ({
  key: `fields.${key}`,
  op,
  value,
});

interface World {
  readonly root: string;
  readonly check: (...conditions: readonly Condition[]) => readonly Note[];
}

async function world(t: TestContext): Promise<World> {
  const base = temporaryDirectory(t);
  await sh('mkdir root; ln -s root link; cd root; git init -q .; mkdir -p src build', base);
  await sh(
    'printf "build/\\n*.log\\n" > .gitignore; echo > kept.log; git add -f kept.log',
    join(base, 'root'),
  );
  const root = join(base, 'root');
  const rules = new IgnoreRules(root, { ignore: ['*.bak'], gitignore: true });
  return {
    root,
    check: (...conditions) =>
      checkWait({ cwd: root, anyOf: [conditions] }, [{ given: root, real: root, rules }]),
  };
}

const codes = (notes: readonly Pick<WaitNote, 'code' | 'level'>[]): readonly string[] =>
  notes.map(({ code, level }) => `${code} ${level}`);

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

test('what is never watched from above can come where another root lies in it', async (t) => {
  const base = temporaryDirectory(t);
  await sh('mkdir -p root/.git/refs root/node_modules/m root/src', base);
  const root = join(base, 'root');
  const waiter = (id: number, cwd: string | null, ...conditions: readonly Condition[]) => ({
    id,
    cwd,
    env: null,
    filters: [],
    anyOf: [conditions],
  });
  const head = is('path', join(root, '.git/refs/head'));
  const refs = is('path', join(root, '.git/re'), '^=');
  const alone = await startSource(t, [root]);
  const asked = async (condition: Condition) =>
    codes(await alone.check(waiter(1, root, condition)));
  assert.deepEqual(await asked(head), ['ignored_path impossible']);
  assert.deepEqual(await asked(refs), ['ignored_path impossible']);
  alone.setWaiters(waiter(1, root, head), waiter(2, join(root, '.git/refs')));
  assert.deepEqual(await asked(head), ['ignored_path warning']);
  assert.deepEqual(await asked(refs), ['ignored_path warning']);
  const other = is('path', join(root, 'node_modules/m/index.js'));
  assert.deepEqual(await asked(other), ['ignored_path impossible']);

  const configured = await startSource(t, [root], { roots: [join(root, '.git/refs')] });
  for (const condition of [head, refs]) {
    assert.deepEqual(await configured.check(waiter(1, root, condition)), []);
  }
});

test('a wait without a directory hears of every root, those to come as well', async (t) => {
  const base = temporaryDirectory(t);
  const running = await startSource(t, [], { roots: [base] });
  const ask = async (path: string) => {
    const anyOf = [[is('path', path)]];
    return codes(await running.check({ id: 1, cwd: null, env: null, filters: [], anyOf }));
  };
  assert.deepEqual(await ask(join(base, 'f')), []);
  assert.deepEqual(await ask('/elsewhere/f'), ['outside_roots warning']);
  assert.deepEqual(await ask(join(base, '.git/HEAD')), ['ignored_path warning']);
});

test('a root through a symlink in the directory is heard of', async (t) => {
  const base = temporaryDirectory(t);
  await sh('mkdir root away; ln -s ../away root/link', base);
  const root = join(base, 'root');
  const asked = { env: null, filters: [], anyOf: [[is('path', join(root, 'link/f'))]] };
  const running = await startSource(t, [root]);
  assert.equal((await running.check({ id: 1, cwd: root, ...asked }))[0]?.level, 'impossible');
  running.setWaiters({ id: 2, cwd: join(root, 'link'), ...asked });
  assert.equal((await running.check({ id: 1, cwd: root, ...asked }))[0]?.level, 'warning');
  const configured = await startSource(t, [root], { roots: [join(root, 'link')] });
  assert.deepEqual(await configured.check({ id: 1, cwd: root, ...asked }), []);
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
