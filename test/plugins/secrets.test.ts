/** The secrets that a manifest names: shown before it is pinned, and asked about when there are more. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { test } from 'node:test';
import { assertEnds, PluginBox } from './support.js';

const packageWith = (version: string, ...secrets: readonly string[]) => ({
  version,
  packageJson: {
    'waitbus.sources.v1': {
      mine: { entry: './index.js', activation: 'on-demand', eventTypes: ['tick'], secrets },
    },
  },
});

test('they are shown, more of them are agreed to anew, fewer are not', async () => {
  await using box = new PluginBox();
  const first = await box.add(await box.tarball(packageWith('1.0.0', 'mine-token')));
  assert.match(first.stderr, /mine reads the secret mine-token, once you set it/);
  const more = await box.tarball(packageWith('1.1.0', 'mine-token', 'github-token'));
  const refused = await box.plugin('add', more);
  assertEnds(
    refused,
    77,
    /asks for more than[^]*mine reads the secret github-token, once you set it\n[^]*nobody can be asked/,
  );
  assert.equal(box.pin().version, '1.0.0');
  await box.add(more);
  const fewer = await box.plugin('add', await box.tarball(packageWith('1.2.0', 'github-token')));
  assertEnds(fewer, 0);
});

test('where the pinned package is not at hand, each counts as one more', async () => {
  await using box = new PluginBox();
  await box.add(await box.tarball(packageWith('1.0.0', 'mine-token')));
  for (const prefix of box.installed()) rmSync(prefix, { recursive: true });
  // The hash of the manifest vouches for one that is the same.
  assertEnds(await box.plugin('add', await box.tarball(packageWith('1.1.0', 'mine-token'))), 0);
  for (const prefix of box.installed()) rmSync(prefix, { recursive: true });
  const next = await box.tarball(packageWith('1.2.0', 'mine-token', 'a-token'));
  assertEnds(
    await box.plugin('add', next),
    77,
    /mine reads the secret a-token, once you set it[^]*mine reads the secret mine-token, once/,
  );
});

test('a malformed name is refused with the manifest', async () => {
  await using box = new PluginBox();
  const ended = await box.plugin(
    'add',
    await box.tarball(packageWith('1.0.0', 'no name')),
    '--yes',
  );
  assertEnds(ended, 78, /mine\.secrets\.0: the name of a secret matches/);
});
