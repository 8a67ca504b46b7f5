/** The kit fails each broken plugin for its stated reason, and blames nothing else. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  checkConformance,
  CHECK_IDS,
  PATIENCE,
  type CheckId,
  type Patience,
} from '@waitbus/plugin-sdk/conformance';
import { REPO, WAITBUS } from '../support/sandbox.js';

const PLUGINS = join(REPO, 'test', 'fixtures', 'broken-plugins');
/** Installing is tried with the one plugin that only it can tell. */
const WITHOUT_INSTALL = CHECK_IDS.filter((id) => id !== 'install');

const BROKEN: readonly (readonly [string, CheckId, RegExp, Partial<Patience>?])[] = [
  ['bad-manifest', 'manifest', /broken\.entry: must be a path[\s\S]*broken\.activation: /],
  ['install-script', 'install-scripts', /has postinstall among its scripts/],
  ['entry-not-packed', 'tarball', /lacks index\.js/],
  ['throws-on-import', 'import', /^it threw: no luck$/],
  ['exits-on-import', 'import', /^it ended the process$/],
  ['prints-on-import', 'import', /^it printed: hello from a source$/],
  ['timer-on-import', 'import', /^it opened a timer$/],
  ['listens-on-import', 'import', /^it opened a listening socket$/],
  ['writes-on-import', 'import', /^it wrote home\/\.broken$/],
  ['changes-env-on-import', 'import', /^it changed process\.env: BROKEN, TZ$/],
  ['another-name', 'start', /defines another, its manifest declares broken/],
  ['crashes-at-start', 'start', /ended by itself \(exit code 1\): no configuration$/],
  ['never-ready', 'start', /ready\(\) was not called within 1\.5 s/, { ready: 1500 }],
  ['ignores-sigterm', 'stop', /within 1 s of SIGTERM and had to be killed/, { grace: 1000 }],
  ['fails-on-abort', 'stop', /exit code 1: the connection was closed already/],
  ['leaves-process', 'stop', /left behind: sleep 60$/],
  ['undeclared-event', 'event-types', /^tock is emitted and not among the eventTypes/],
  ['missing-event', 'event-types', /declared and never emitted: tock/, { event: 3000 }],
  ['wrong-fields', 'event-types', /heard: fields\.line: must be a string/],
  ['undeclared-field', 'event-types', /^heard: fields\.extra is emitted and not among the fields/],
  [
    'undeclared-value',
    'event-types',
    /^heard: fields\.conclusion is "failure", and by the manifest one of "success"$/,
  ],
  ['no-delivery-id', 'delivery-ids', /^heard has no delivery_id; .*"deliveryIds": "per-run"/],
  ['random-delivery-id', 'delivery-ids', /^one run called it heard .*, the other heard /],
  ['constant-delivery-id', 'delivery-ids', /two happenings have the delivery_id heard heard/],
  ['grows-when-held', 'backpressure', /it grew by \d+ MiB while nothing was acknowledged/],
  ['drops-when-busy', 'backpressure', /of 40 events 1 came/, { event: 3000 }],
  ['stale-lock', 'restart', /after it was killed and started again: .*another one runs already/],
  ['reads-undeclared', 'permissions', /denied: FileSystemRead \/etc\/hosts, which its manifest/],
  ['writes-undeclared', 'permissions', /denied: FileSystemWrite .*\/broken, which its manifest/],
  ['spawns-undeclared', 'permissions', /denied: ChildProcess, which its manifest/],
];
const INSTALLED_ONLY = ['imports-what-is-not-packed'];

for (const [name, id, reason, patience = {}] of BROKEN) {
  test(`${name} fails ${id}, and nothing else`, async () => {
    const report = await checkConformance({
      directory: join(PLUGINS, name),
      only: WITHOUT_INSTALL,
      patience: { ...PATIENCE, still: 300, ...patience },
    });
    const failed = report.checks.filter(({ status }) => status === 'failed');
    assert.deepEqual(
      failed.map((check) => check.id),
      [id],
      JSON.stringify(failed, null, 2),
    );
    assert.match(failed[0]?.reason ?? '', reason);
    assert.equal(report.ok, false);
  });
}

test('imports-what-is-not-packed fails install, and nothing else', async () => {
  const directory = join(PLUGINS, 'imports-what-is-not-packed');
  const report = await checkConformance({ directory, waitbus: WAITBUS });
  const failed = report.checks.filter(({ status }) => status === 'failed');
  assert.deepEqual(
    failed.map((check) => check.id),
    ['install'],
  );
  assert.match(failed[0]?.reason ?? '', /Cannot find module .*every\.mjs/);
});

test('every broken plugin of the folder is tried', () => {
  const there = readdirSync(PLUGINS, { withFileTypes: true }).filter((one) => one.isDirectory());
  const tried = [...BROKEN.map(([name]) => name), ...INSTALLED_ONLY];
  assert.deepEqual(there.map(({ name }) => name).sort(), tried.sort());
});
