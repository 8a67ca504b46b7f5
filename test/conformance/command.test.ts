/** `waitbus-conformance` as it is typed: one line a check, JSON, and the exit codes. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Report } from '@waitbus/plugin-sdk/conformance';
import { REPO, Sandbox } from '../support/sandbox.js';

const KIT = join(REPO, 'plugin-sdk', 'dist', 'conformance', 'main.js');
const BROKEN = join(REPO, 'test', 'fixtures', 'broken-plugins');
const AGENT = join(REPO, 'plugins', 'agent');

const kit = (box: Sandbox, ...args: readonly string[]) =>
  box.start(process.execPath, [KIT, ...args]).ended;

test('a package that conforms: a line a check, what is skipped with its reason, exit 0', async () => {
  await using box = new Sandbox();
  const { code, stdout } = await kit(box, AGENT, '--only', 'manifest,install-scripts,start');
  assert.equal(code, 0);
  const lines = stdout.split('\n');
  assert.match(lines[0] ?? '', /^ok {3}manifest {8}the manifest is well formed$/);
  assert.match(stdout, /^skip start .*\n {7}its activation is emit-only: it has no process$/m);
  assert.match(stdout, /^waitbus-source-agent 0\.1\.0: 2 ok, 0 failed, 1 skipped$/m);
});

test('one that does not: FAIL with the reason, what was not run, exit 1', async () => {
  await using box = new Sandbox();
  const directory = join(BROKEN, 'throws-on-import');
  const { code, stdout } = await kit(box, directory, '--only', 'import,start');
  assert.equal(code, 1);
  assert.match(stdout, /^FAIL import .*\n {7}it threw: no luck$/m);
  assert.match(stdout, /^- {4}start .*\n {7}not run: it needs import$/m);
  assert.match(stdout, /0 ok, 1 failed, 0 skipped, 1 not run$/m);
});

test('--json prints one document', async () => {
  await using box = new Sandbox();
  const directory = join(BROKEN, 'install-script');
  const { code, stdout } = await kit(box, directory, '--json', '--only', 'install-scripts');
  assert.equal(code, 1);
  const report = JSON.parse(stdout) as Report;
  assert.equal(report.ok, false);
  assert.equal(report.package, 'waitbus-source-broken-install-script');
  assert.deepEqual(
    report.checks.map(({ id, status, source }) => ({ id, status, source })),
    [{ id: 'install-scripts', status: 'failed', source: null }],
  );
});

test('what cannot be checked ends with 2 and says why', async () => {
  await using box = new Sandbox();
  for (const [args, says] of [
    [['.'], /no such file.*package\.json/],
    [[AGENT, '--only', 'everything'], /there is no check everything; there are manifest/],
    [[AGENT, '--quickly'], /--quickly/],
  ] as const) {
    const { code, stderr } = await kit(box, ...args);
    assert.equal(code, 2, stderr);
    assert.match(stderr, says);
  }
});

test('without a waitbus command the install check fails and says how to get one', async () => {
  await using box = new Sandbox({ PATH: '' });
  const directory = join(box.work, 'source');
  mkdirSync(directory);
  writeFileSync(
    join(directory, 'package.json'),
    JSON.stringify({
      name: 'waitbus-source-x',
      version: '1.0.0',
      engines: { waitbus: '^0.1.0' },
      'waitbus.sources.v1': { x: { activation: 'emit-only', eventTypes: ['x'] } },
    }),
  );
  const { code, stdout } = await kit(box, directory, '--only', 'install');
  assert.equal(code, 1);
  assert.match(stdout, /FAIL install .*\n.*npm install --save-dev waitbus, or --waitbus PATH/);
});

test('a scenario that does not load, or has unknown members, is told', async () => {
  await using box = new Sandbox();
  const directory = join(box.work, 'source');
  mkdirSync(directory);
  writeFileSync(
    join(directory, 'package.json'),
    JSON.stringify({
      name: 'waitbus-source-x',
      version: '1.0.0',
      type: 'module',
      engines: { waitbus: '^0.1.0' },
      'waitbus.sources.v1': {
        x: { entry: './index.js', activation: 'on-demand', eventTypes: ['x'] },
      },
    }),
  );
  writeFileSync(join(directory, 'index.js'), 'export default {};\n');
  const scenario = join(directory, 'waitbus.conformance.mjs');
  for (const [text, says] of [
    ['export const confg = {};\n', /waitbus\.conformance\.mjs exports confg; known are config, /],
    ['throw new Error("no luck");\n', /waitbus\.conformance\.mjs cannot be loaded: no luck/],
  ] as const) {
    writeFileSync(scenario, text);
    const { code, stdout } = await kit(box, directory, '--only', 'start');
    assert.equal(code, 1);
    assert.match(stdout, says);
  }
});
