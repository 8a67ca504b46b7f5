/** The example source k8s keeps the contract, by the kit that its author would run. */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Report } from '@waitbus/plugin-sdk/conformance';
import { EXAMPLE } from '../plugins/k8s-stage.js';
import { installOnce } from '../support/install-once.js';
import { Registry } from '../support/registry.js';
import { REPO, Sandbox, WAITBUS } from '../support/sandbox.js';
import { WatchApi } from '../support/watch-api.js';

const KIT = join(REPO, 'plugin-sdk', 'dist', 'conformance', 'main.js');

test('waitbus-source-k8s passes every check, none skipped', async () => {
  const { dependencies } = JSON.parse(
    readFileSync(join(EXAMPLE, 'package.json'), 'utf8'),
  ) as Readonly<Record<'dependencies', Record<string, string>>>;
  const installed = await installOnce('waitbus-source-k8s', { dependencies });
  await using registry = await Registry.start();
  await using api = await WatchApi.start();
  await using box = new Sandbox();
  const home = join(box.directory, 'author');
  mkdirSync(home);
  registry.useFrom(home);
  api.writeKubeconfig(join(home, '.kube', 'config'));
  const directory = join(box.work, 'waitbus-source-k8s');
  cpSync(EXAMPLE, directory, { recursive: true });
  symlinkSync(join(installed, 'node_modules'), join(directory, 'node_modules'));
  const { stdout, stderr } = await box.start(
    process.execPath,
    [KIT, directory, '--json', '--waitbus', WAITBUS],
    { env: { HOME: home } },
  ).ended;
  assert.notEqual(stdout, '', stderr);
  const { checks } = JSON.parse(stdout) as Report;
  assert.deepEqual(
    checks.filter(({ status }) => status !== 'ok'),
    [],
    stderr,
  );
});
