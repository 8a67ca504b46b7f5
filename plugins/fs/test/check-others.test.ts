/** What is said of paths that another root may bring: a configured one, or that of another wait. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Condition } from '@waitbus/plugin-sdk';
import { codes, is } from './check-world.js';
import { sh, startSource, temporaryDirectory } from './harness.js';

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
  // A root above may come.
  assert.deepEqual(await ask(base), ['is_directory warning']);
});

test('a root through a symlink in the directory is heard of', async (t) => {
  const base = temporaryDirectory(t);
  await sh('mkdir root away; ln -s ../away root/link', base);
  const root = join(base, 'root');
  const asked = (id: number, cwd: string, path: string) => ({
    id,
    cwd,
    env: null,
    filters: [],
    anyOf: [[is('path', join(base, path))]],
  });
  const running = await startSource(t, [root]);
  const level = async (path: string) => (await running.check(asked(1, root, path)))[0]?.level;
  assert.equal(await level('away/f'), 'impossible');
  // The symlink itself may be made a directory.
  assert.equal(await level('root/link/f'), 'warning');
  running.setWaiters(asked(2, join(root, 'link'), 'root/link/f'));
  assert.equal(await level('away/f'), 'warning');
  assert.equal(await level('root/link/f'), 'warning');
  const configured = await startSource(t, [root], { roots: [join(root, 'link')] });
  assert.deepEqual(await configured.check(asked(1, root, 'root/link/f')), []);
});
