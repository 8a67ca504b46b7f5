/**
 * A real third party from end to end: the example source k8s is published to a real registry, added,
 * wakes a wait when a pod fails, asks again when it wants more, and is refused when its bytes change.
 */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { armedWait, assertExit, jsonLines } from '../cli/verbs.js';
import { Registry } from '../support/registry.js';
import { Sandbox } from '../support/sandbox.js';
import { WatchApi } from '../support/watch-api.js';
import { ended, EXAMPLE } from './k8s-stage.js';

const NAME = 'waitbus-source-k8s';
const FAILURE = ['--source', 'k8s', '--match', 'fields.conclusion="failure"'];

interface Listed {
  readonly source: string;
  readonly version: string;
  readonly state: string;
  readonly pid: number | null;
}

interface PackageJson {
  version: string;
  readonly 'waitbus.sources.v1': { readonly k8s: { readonly capabilities: { fsRead: string[] } } };
}

/** A copy of the example with another version, and more rights if asked for. */
function release(box: Sandbox, version: string, fsRead: readonly string[] = []): string {
  const directory = join(box.directory, 'releases', version);
  cpSync(EXAMPLE, directory, { recursive: true });
  const file = join(directory, 'package.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as PackageJson;
  manifest.version = version;
  manifest['waitbus.sources.v1'].k8s.capabilities.fsRead.push(...fsRead);
  writeFileSync(file, `${JSON.stringify(manifest, null, 2)}\n`);
  return directory;
}

async function k8s(box: Sandbox): Promise<Listed | undefined> {
  const { stdout } = await box.run(['plugin', 'list', '--json']);
  const { plugins } = JSON.parse(stdout) as { plugins: readonly Listed[] };
  return plugins.find(({ source }) => source === 'k8s');
}

function pinnedVersion(box: Sandbox): string | undefined {
  const text = readFileSync(join(box.paths.configDir, 'plugins.lock.json'), 'utf8');
  const { plugins } = JSON.parse(text) as { plugins: Record<string, { version: string }> };
  return plugins[NAME]?.version;
}

/** A wait wakes when a pod fails. */
async function wakes(box: Sandbox, api: WatchApi, name: string): Promise<void> {
  const wait = await armedWait(box, ...FAILURE, '--json', '--timeout', '60s');
  api.cluster.put('pods', ended(name, 1));
  const woken = await wait.ended;
  assertExit(woken, 0);
  const [event] = jsonLines(woken.stdout);
  assert.equal((event?.['fields'] as { pod: string }).pod, name);
}

test('published, added, woken; a wider update asks; other bytes under one number are refused', async () => {
  await using registry = await Registry.start();
  await using api = await WatchApi.start();
  await using box = new Sandbox();
  const home = join(box.directory, 'home');
  registry.useFrom(home);
  api.writeKubeconfig(join(home, '.kube', 'config'));

  await registry.publish(release(box, '1.0.0'));
  assertExit(await box.run(['plugin', 'add', NAME, '--yes']), 0);
  assert.equal(pinnedVersion(box), '1.0.0');
  await wakes(box, api, 'first');

  const wider = ['~/.minikube'];
  await registry.publish(release(box, '1.1.0', wider));
  const before = await k8s(box);
  const asked = await box.run(['plugin', 'update', NAME]);
  assertExit(asked, 77);
  assert.match(asked.stderr, /~\/\.minikube/);
  assert.deepEqual(await k8s(box), before, 'the old one keeps running');
  assert.equal(pinnedVersion(box), '1.0.0');
  await wakes(box, api, 'second');
  assertExit(await box.run(['plugin', 'update', NAME, '--yes']), 0);
  assert.equal(pinnedVersion(box), '1.1.0');
  await wakes(box, api, 'third');

  const last = release(box, '1.2.0', wider);
  await registry.publish(last);
  assertExit(await box.run(['plugin', 'update', NAME, '--yes']), 0);
  assert.equal(pinnedVersion(box), '1.2.0');
  const lock = readFileSync(join(box.paths.configDir, 'plugins.lock.json'), 'utf8');
  writeFileSync(join(last, 'src', 'backoff.js'), 'export const backoff = () => 0;\n');
  await registry.replace(last);
  const refused = await box.run(['plugin', 'update', NAME, '--yes']);
  assertExit(refused, 76);
  assert.match(refused.stderr, /1\.2\.0/);
  assert.equal(readFileSync(join(box.paths.configDir, 'plugins.lock.json'), 'utf8'), lock);
  await wakes(box, api, 'fourth');

  await using fresh = new Sandbox();
  registry.useFrom(join(fresh.directory, 'home'));
  mkdirSync(fresh.paths.configDir, { recursive: true });
  writeFileSync(join(fresh.paths.configDir, 'plugins.lock.json'), lock);
  assertExit(await fresh.run(['plugin', 'install', '--frozen']), 76);

  await registry.stop();
  assertExit(await box.run(['plugin', 'update', NAME, '--yes']), 69);
  await wakes(box, api, 'fifth');
});

test('a wait whose kubeconfig is missing is given up with the way to look', async () => {
  await using registry = await Registry.start();
  await using box = new Sandbox();
  registry.useFrom(join(box.directory, 'home'));
  await registry.publish(release(box, '1.0.0'));
  assertExit(await box.run(['plugin', 'add', NAME, '--yes']), 0);
  const told = await box.run(['wait', ...FAILURE, '--timeout', '120s']);
  assertExit(told, 2);
  assert.match(told.stderr, /there is no kubeconfig that this source can read/);
});
