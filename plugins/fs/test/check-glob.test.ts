/** What is said to who asks by a glob, or by another name of a directory. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Condition } from '@waitbus/plugin-sdk';
import { codes, is, world } from './check-world.js';
import { sh, startSource, temporaryDirectory } from './harness.js';

test('a glob that no path or name can match', async (t) => {
  const { root, check } = await world(t);
  const path = (pattern: string) => codes(check(is('path', pattern, '~')));
  assert.deepEqual(path('/elsewhere/**'), ['outside_roots impossible']);
  assert.deepEqual(path('../x'), ['relative_path impossible']);
  assert.deepEqual(path(join(root, 'x/')), ['trailing_slash impossible']);
  assert.deepEqual(path(join(root, 'build/**')), ['ignored_path warning']);
  const [slash] = check(is('workflow_name', 'src/*.ts', '~'));
  assert.equal(slash?.code, 'name_with_slash');
  assert.equal(slash.remedy, `--match 'fields.path~"src/*.ts"'`);
  assert.equal(check(is('workflow_name', 'a/b', '*='))[0]?.code, 'name_with_slash');
  for (const pattern of ['/**', '**/x', './src/*.ts', `${root}/**/*.ts`, `${root}/*`, '/*/**/f']) {
    assert.deepEqual(path(pattern), [], pattern);
  }
  for (const pattern of ['*.ts', '**/*.ts', './x', '**']) {
    assert.deepEqual(check(is('workflow_name', pattern, '~')), [], pattern);
  }
});

test('a directory by another name: told where it can be, else said', async (t) => {
  const base = temporaryDirectory(t);
  await sh('mkdir sub; ln -s sub lnk', base);
  const [sub, link] = [join(base, 'sub'), join(base, 'lnk')];
  const running = await startSource(t, [link, base]);
  const waiter = (cwd: string, condition: Condition) => ({
    id: 1,
    cwd,
    env: null,
    filters: [],
    anyOf: [[condition]],
  });
  const own = waiter(link, is('path', join(sub, 'z')));
  assert.deepEqual(await running.check(own), []);
  running.setWaiters(own);
  await sh('echo > sub/z', base);
  const event = await running.waitFor(
    ({ fields }) => fields?.['path'] === join(sub, 'z') && fields['only_for'] === 'path',
    'save by the other spelling',
  );
  assert.equal(event.fields?.['root_path'], join(link, 'z'));
  const glob = async (cwd: string, pattern: string) =>
    (await running.check(waiter(cwd, is('path', pattern, '~')))).map(({ remedy }) => remedy);
  assert.deepEqual(await glob(base, `${link}/z*`), [`--match 'fields.path~"${sub}/z*"'`]);
  assert.deepEqual(await glob(link, `${sub}/z*`), [`--match 'fields.path~"${link}/z*"'`]);
  assert.deepEqual(await glob(link, `${link}/z*`), []);
  assert.deepEqual(await glob(base, `${sub}/z*`), []);
});
