/** The lock under `waitbus plugin audit`: which one is read, what is wrong with it, how it is reported. */
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { change, FAULTS, MINE } from './audit-faults.js';
import { assertEnds, PluginBox } from './support.js';

test('65: a lock that is malformed or not canonical; --fix mends only the form', async () => {
  await using box = new PluginBox();
  await box.add(await box.tarball());
  const text = readFileSync(box.lockfile, 'utf8');
  const object = JSON.parse(text) as { plugins: object };
  for (const [what, bad, mends] of [
    ['empty', '', false],
    ['truncated', text.slice(0, 100), false],
    ['merge markers', `<<<<<<< HEAD\n${text}`, false],
    [
      'a duplicate key',
      text.replace('"lockfileVersion": 1,', '"lockfileVersion": 1,\n  "lockfileVersion": 1,'),
      false,
    ],
    [
      'an unknown member',
      text.replace('"lockfileVersion": 1,', '"lockfileVersion": 1,\n  "x": 1,'),
      false,
    ],
    ['a newer version', text.replace('"lockfileVersion": 1', '"lockfileVersion": 2'), false],
    ['__proto__', text.replace('"plugins": {', '"plugins": {\n    "__proto__": {},'), false],
    ['CRLF', text.replaceAll('\n', '\r\n'), true],
    [
      'unsorted',
      `${JSON.stringify({ plugins: object.plugins, lockfileVersion: 1 }, null, 2)}\n`,
      true,
    ],
    ['no final newline', text.trimEnd(), true],
  ] as const) {
    writeFileSync(box.lockfile, bad);
    assertEnds(await box.plugin('audit', '--ci'), 65, /plugins\.lock\.json/);
    const fixed = await box.plugin('lock', '--fix');
    assert.equal(fixed.code, mends ? 0 : 65, `${what}: ${fixed.stderr}`);
    assert.equal(readFileSync(box.lockfile, 'utf8'), mends ? text : bad, what);
  }
});

test('65: a pin that says it is of the source tree hides nothing', async () => {
  await using box = new PluginBox();
  await box.add(await box.tarball());
  change(box, MINE, { origin: 'workspace' });
  assertEnds(await box.plugin('audit', '--ci'), 65, /origin workspace/);
});

test('66: no lock; a package without a pin', async () => {
  await using box = new PluginBox();
  assertEnds(await box.plugin('audit', '--ci'), 66, /there is no/);
  await box.add(await box.tarball());
  box.rewrite(() => ({}));
  const said = assertEnds(await box.plugin('audit', '--ci'), 66, /installed and not pinned/);
  assert.match(said, /waitbus plugin remove waitbus-source-mine/);
  assertEnds(await box.plugin('remove', MINE), 0);
  assertEnds(await box.plugin('audit', '--ci'), 0);
});

test('two runs over one state print the same bytes, and write nothing', async () => {
  await using box = new PluginBox();
  for (const fault of FAULTS.slice(0, 4)) await fault.make(box);
  const before = readFileSync(box.lockfile, 'utf8');
  for (const how of ['--json', '--sarif']) {
    const [one, two] = [
      await box.plugin('audit', '--ci', how),
      await box.plugin('audit', '--ci', how),
    ];
    assert.equal(one.code, 76);
    assert.equal(one.stdout, two.stdout);
  }
  assert.equal(readFileSync(box.lockfile, 'utf8'), before);
});

test('--ci takes the lock of the working directory; --sarif names it, and the line of the pin', async () => {
  await using box = new PluginBox();
  await box.add(await box.tarball());
  const text = readFileSync(box.lockfile, 'utf8');
  writeFileSync(join(box.work, 'plugins.lock.json'), text);
  rmSync(box.lockfile);
  rmSync(join(box.paths.plugins, MINE), { recursive: true });
  const { stdout, code } = await box.plugin('audit', '--ci', '--sarif');
  assert.equal(code, 66);
  const { version, runs } = JSON.parse(stdout) as {
    version: string;
    runs: { tool: { driver: { rules: { id: string }[] } }; results: Record<string, unknown>[] }[];
  };
  assert.equal(version, '2.1.0');
  const [run] = runs;
  const [result] = run?.results ?? [];
  assert.ok(run?.tool.driver.rules.some(({ id }) => id === result?.['ruleId']));
  const startLine = text.split('\n').findIndex((line) => line.includes(`"${MINE}"`)) + 1;
  assert.deepEqual(result?.['locations'], [
    { physicalLocation: { artifactLocation: { uri: 'plugins.lock.json' }, region: { startLine } } },
  ]);
});
