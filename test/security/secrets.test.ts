/** A secret is granted to a package and its publisher: no other gets it by taking over a name. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { grantedTo, readSecrets, type Grantee } from '../../cli/src/secrets.js';
import { assertEnds, PluginBox } from '../plugins/support.js';

const VALUE = 'hunter2-and-more';
const MINE = 'waitbus-source-mine';

/** A source that tells whether it got a secret. */
const ASKS = `export default {
  name: 'mine',
  async start(ctx) {
    ctx.ready();
    let words = 'nothing';
    try { words = ctx.secret('mine-token'); } catch {}
    await ctx.emit({ event_type: 'tick', fields: { conclusion: 'success', words } });
  },
};
`;

const asking = (secrets: readonly string[], name = MINE) => ({
  name,
  packageJson: {
    'waitbus.sources.v1': {
      mine: { entry: './index.js', activation: 'on-demand', eventTypes: ['tick'], secrets },
    },
  },
  files: { 'index.js': ASKS },
});

async function told(box: PluginBox): Promise<unknown> {
  const wait = await box.run(['wait', '--source', 'mine', '--timeout', '20s', '--json']);
  assertEnds(wait, 0);
  await box.run(['stop']);
  return (JSON.parse(wait.stdout) as { fields: { words: unknown } }).fields.words;
}

test('a secret that was set before the package came is not handed to whoever takes the name', async () => {
  await using box = new PluginBox();
  const early = await box.run(['secret', 'set', 'mine-token', '--for', 'mine'], VALUE);
  assert.match(early.stderr, /mine is not installed: it gets mine-token once you set it again/);
  await box.add(await box.tarball(asking(['mine-token'])));
  assert.equal(await told(box), 'nothing');
  assertEnds(await box.run(['secret', 'set', 'mine-token'], VALUE), 0);
  assert.equal(await told(box), VALUE);
});

test('a secret that the manifest does not declare is not handed over', async () => {
  await using box = new PluginBox();
  await box.add(await box.tarball(asking([])));
  const set = await box.run(['secret', 'set', 'mine-token', '--for', 'mine'], VALUE);
  assert.match(set.stderr, /mine does not ask for mine-token, so it does not get it/);
  assert.equal(await told(box), 'nothing');
});

test('a secret goes with the package that it was granted to, and the next one under its name gets none', async () => {
  await using box = new PluginBox();
  await box.add(await box.tarball(asking(['mine-token'])));
  assertEnds(await box.run(['secret', 'set', 'mine-token'], VALUE), 0);
  const removed = await box.plugin('remove', MINE);
  assertEnds(removed, 0, /no longer granted to it: mine-token/);
  const file = join(box.paths.stateDir, 'secrets.json');
  assert.ok(existsSync(file));
  assert.doesNotMatch(readFileSync(file, 'utf8'), new RegExp(VALUE));
  await box.add(await box.tarball(asking(['mine-token'], 'waitbus-source-thief')));
  assert.equal(await told(box), 'nothing');
});

test('another package of the name, and another publisher of the package, get nothing', async () => {
  await using box = new PluginBox();
  await box.add(await box.tarball(asking(['mine-token'])));
  assertEnds(await box.run(['secret', 'set', 'mine-token'], VALUE), 0);
  const secrets = readSecrets(join(box.paths.stateDir, 'secrets.json'));
  const manifest = { secrets: ['mine-token'] };
  const of = (more: Partial<Grantee>) => grantedTo(secrets, { name: 'mine', manifest, ...more });
  assert.deepEqual(of({ owner: MINE }), { 'mine-token': VALUE });
  for (const owner of ['waitbus-source-thief', `${MINE} https://issuer 1 2`, `${MINE}x`]) {
    assert.deepEqual(of({ owner }), {});
  }
  assert.deepEqual(of({}), {});
});
