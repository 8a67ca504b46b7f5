/** The commands of the example workflow do what docs/ci.md says of them, in a repo with a lock. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { assertExit } from '../cli/verbs.js';
import { Registry } from '../support/registry.js';
import { REPO, Sandbox, type Ended } from '../support/sandbox.js';

const WORKFLOW = readFileSync(join(REPO, 'docs', 'examples', 'ci', 'waitbus-plugins.yml'), 'utf8');
const COMMANDS = [...WORKFLOW.matchAll(/^\s+(?:- )?run: (waitbus .+)$/gm)].map(
  ([, line = '']) => line,
);

interface Sarif {
  readonly version: string;
  readonly runs: readonly { readonly results: readonly { readonly ruleId: string }[] }[];
}

/** Writes a source that has no dependencies. */
function writePackage(directory: string): void {
  mkdirSync(directory);
  const manifest = {
    name: 'waitbus-source-small',
    version: '1.0.0',
    type: 'module',
    engines: { waitbus: '^0.1.0' },
    'waitbus.sources.v1': {
      small: { entry: './index.js', activation: 'on-demand', eventTypes: ['small_event'] },
    },
  };
  writeFileSync(join(directory, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(directory, 'index.js'), `export default { name: 'small', start() {} };\n`);
}

test('the workflow installs what the lock says, passes, and fails once a byte differs', async () => {
  assert.equal(COMMANDS.length, 3);
  await using registry = await Registry.start();
  await using author = new Sandbox();
  const lockfile = join(author.work, 'plugins.lock.json');
  registry.useFrom(join(author.directory, 'home'));
  writePackage(join(author.directory, 'small'));
  await registry.publish(join(author.directory, 'small'));
  const add = ['plugin', 'add', 'waitbus-source-small', '--yes', '--lockfile', lockfile];
  assertExit(await author.run(add), 0);

  await using runner = new Sandbox();
  registry.useFrom(join(runner.directory, 'home'));
  const PATH = [join(REPO, 'node_modules', '.bin'), process.env['PATH']].join(delimiter);
  const env = { WAITBUS_LOCKFILE: join(runner.work, 'plugins.lock.json'), PATH };
  writeFileSync(env.WAITBUS_LOCKFILE, readFileSync(lockfile));
  const [install = '', audit = '', sarif = ''] = COMMANDS;
  const sh = (line: string): Promise<Ended> => runner.start('sh', ['-c', line], { env }).ended;
  const found = async () => {
    assertExit(await sh(sarif), 0);
    const report = JSON.parse(readFileSync(join(runner.work, 'waitbus.sarif'), 'utf8')) as Sarif;
    assert.equal(report.version, '2.1.0');
    return report.runs.flatMap(({ results }) => results);
  };

  assertExit(await sh(audit), 66);
  assertExit(await sh(install), 0);
  const passed = await sh(audit);
  assertExit(passed, 0);
  assert.equal((await sh(audit)).stdout, passed.stdout);
  assert.doesNotThrow(() => void JSON.parse(passed.stdout));
  assert.deepEqual(await found(), []);

  const place = join(runner.paths.stateDir, 'plugins', 'waitbus-source-small');
  const [version = ''] = readdirSync(place);
  const installed = join(place, version, 'node_modules', 'waitbus-source-small', 'index.js');
  appendFileSync(installed, '\n');
  assertExit(await sh(audit), 76);
  assert.equal((await found()).length, 1);
});
