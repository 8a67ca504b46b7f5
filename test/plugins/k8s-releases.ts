/** Releases of the example source k8s on a real registry, and a place in which they are added. */
import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { armedWait, assertExit, jsonLines } from '../cli/verbs.js';
import type { Running, Sandbox } from '../support/sandbox.js';
import type { WatchApi } from '../support/watch-api.js';
import { ended, EXAMPLE } from './k8s-stage.js';

export const NAME = 'waitbus-source-k8s';
export const FAILURE = ['--source', 'k8s', '--match', 'fields.conclusion="failure"'];

/** How the source is, of what `plugin list` says. */
interface Listed {
  readonly version: string;
  readonly state: string;
  readonly pid: number | null;
}

interface PackageJson {
  version: string;
  readonly 'waitbus.sources.v1': { readonly k8s: { readonly capabilities: { fsRead: string[] } } };
}

/** A copy of the example with another version, and more rights if asked for. */
export function release(box: Sandbox, version: string, fsRead: readonly string[] = []): string {
  const directory = join(box.directory, 'releases', version);
  cpSync(EXAMPLE, directory, { recursive: true });
  const file = join(directory, 'package.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as PackageJson;
  manifest.version = version;
  manifest['waitbus.sources.v1'].k8s.capabilities.fsRead.push(...fsRead);
  writeFileSync(file, `${JSON.stringify(manifest, null, 2)}\n`);
  return directory;
}

export async function listed(box: Sandbox): Promise<Listed> {
  const { stdout } = await box.run(['plugin', 'list', '--json']);
  const { plugins } = JSON.parse(stdout) as { plugins: readonly (Listed & { source: string })[] };
  const found = plugins.find(({ source }) => source === 'k8s');
  assert.ok(found, stdout);
  return { version: found.version, state: found.state, pid: found.pid };
}

export function lockText(box: Sandbox): string {
  return readFileSync(join(box.paths.configDir, 'plugins.lock.json'), 'utf8');
}

export function pinnedVersion(box: Sandbox): string | undefined {
  const { plugins } = JSON.parse(lockText(box)) as { plugins: Record<string, { version: string }> };
  return plugins[NAME]?.version;
}

/** Starts a wait for a pod that fails; while it waits the source runs. */
export function armed(box: Sandbox): Promise<Running> {
  return armedWait(box, ...FAILURE, '--json', '--timeout', '4m');
}

/** A pod fails, and the wait wakes for it. */
export async function wakesFor(wait: Running, api: WatchApi, name: string): Promise<void> {
  api.cluster.put('pods', ended(name, 1));
  const woken = await wait.ended;
  assertExit(woken, 0);
  const [event] = jsonLines(woken.stdout);
  assert.equal((event?.['fields'] as { pod: string }).pod, name);
}

export async function wakes(box: Sandbox, api: WatchApi, name: string): Promise<void> {
  await wakesFor(await armed(box), api, name);
}

export const homeOf = (box: Sandbox) => join(box.directory, 'home');

export function giveKubeconfig(box: Sandbox, api: WatchApi): void {
  api.writeKubeconfig(join(homeOf(box), '.kube', 'config'));
}
