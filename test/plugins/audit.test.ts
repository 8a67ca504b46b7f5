/** `waitbus plugin audit`: every exit code by a real run, alone and beside its neighbour. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Pin } from '@waitbus/plugin-sdk/lockfile';
import { assertEnds, PluginBox } from './support.js';

const MINE = 'waitbus-source-mine';

/** Brings a box with one sound plugin into a state, and says what the audit needs to see it. */
interface Fault {
  readonly code: number;
  readonly rule: string;
  readonly make: (box: PluginBox) => Promise<readonly string[]>;
}

/** Each works on a plugin of its own, so that two of them can be in one box. */
const named = (rule: string) => ({ name: `waitbus-source-${rule}`, source: rule });

async function pinned(box: PluginBox, rule: string): Promise<string> {
  await box.add(await box.tarball(named(rule)));
  return named(rule).name;
}

function change(box: PluginBox, name: string, members: Partial<Pin>): void {
  box.rewrite((plugins) => ({ ...plugins, [name]: { ...box.pin(name), ...members } }));
}

const FAULTS: readonly Fault[] = [
  {
    code: 76,
    rule: 'content-mismatch',
    make: async (box) => {
      writeFileSync(join(box.packageDirectory(await pinned(box, 'bytes')), 'index.js'), '//');
      return [];
    },
  },
  {
    code: 77,
    rule: 'consent-missing',
    make: async (box) => {
      const capabilities = { net: ['*'] };
      await box.add(await box.tarball({ ...named('consent'), capabilities }));
      const { name } = named('consent');
      change(box, name, { capabilities: { ...box.pin(name).capabilities, net: [] } });
      return [];
    },
  },
  {
    code: 78,
    rule: 'name-conflict',
    make: async (box) => {
      const name = await pinned(box, 'thief');
      box.rewrite((plugins) => ({
        ...plugins,
        // Two packages with one name, as a merge of two branches could leave them.
        [name]: { ...box.pin(name), firstPinnedAt: '2030-01-01T00:00:00Z' },
        'waitbus-source-owner': { ...box.pin(name), firstPinnedAt: '2020-01-01T00:00:00Z' },
      }));
      return [];
    },
  },
  {
    code: 66,
    rule: 'not-installed',
    make: async (box) => {
      const name = await pinned(box, 'gone');
      rmSync(join(box.paths.plugins, name), { recursive: true });
      return [];
    },
  },
  {
    code: 65,
    rule: 'evidence-absent',
    make: async (box) => {
      await pinned(box, 'weak');
      return ['--require-evidence', 'provenance'];
    },
  },
  {
    code: 69,
    rule: 'registry-unreachable',
    make: async (box) => {
      change(box, await pinned(box, 'far'), { origin: 'registry', evidence: 'registry' });
      return ['--online'];
    },
  },
];

const ORDER = [76, 77, 78, 66, 65, 69];

test('0: all verified', async () => {
  await using box = new PluginBox();
  await box.add(await box.tarball());
  assertEnds(await box.plugin('audit'), 0, /1 plugin of .* verified/);
  const { stdout, code } = await box.plugin('audit', '--ci', '--json');
  assert.deepEqual([code, JSON.parse(stdout)], [0, { exit: 0, plugins: [MINE], findings: [] }]);
});

test('64: usage', async () => {
  await using box = new PluginBox();
  for (const args of [
    ['--json', '--sarif'],
    ['--nonsense'],
    ['--require-evidence', 'x'],
    ['name'],
  ]) {
    assertEnds(await box.plugin('audit', ...args), 64);
  }
  assertEnds(await box.plugin('nonsense'), 64);
});

interface Report {
  readonly exit: number;
  readonly findings: readonly { rule: string; code: number; message: string; remedy: string }[];
}

for (const { code, rule, make } of FAULTS) {
  test(`${code} alone: ${rule}`, async () => {
    await using box = new PluginBox();
    const args = await make(box);
    assert.equal((await box.plugin('audit', '--ci', ...args)).code, code);
    const { stdout } = await box.plugin('audit', '--ci', '--json', ...args);
    const { exit, findings } = JSON.parse(stdout) as Report;
    assert.equal(exit, code);
    assert.ok(
      findings.some((one) => one.rule === rule && one.code === code),
      stdout,
    );
    for (const { remedy } of findings) assert.notEqual(remedy, '');
  });
}

for (const [at, worse] of ORDER.slice(0, -1).entries()) {
  const less = ORDER[at + 1];
  test(`${worse} beside ${less}: ${worse} decides, both are said`, async () => {
    await using box = new PluginBox();
    const faults = FAULTS.filter(({ code }) => code === worse || code === less);
    const args: string[] = [];
    for (const fault of faults) args.push(...(await fault.make(box)));
    const { stdout, code } = await box.plugin('audit', '--ci', '--json', ...args);
    assert.equal(code, worse);
    const codes = (JSON.parse(stdout) as Report).findings.map((one) => one.code);
    assert.ok(codes.includes(worse) && codes.includes(less as number), stdout);
  });
}

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

test('76 online: the registry has other bytes than were pinned', async (t) => {
  await using box = new PluginBox();
  await box.add(await box.tarball());
  change(box, MINE, { origin: 'registry', evidence: 'registry' });
  let integrity = box.pin().integrity;
  const server = createServer((_, response) => {
    const dist = { integrity, tarball: 'http://127.0.0.1:9/x.tgz' };
    const version = { name: MINE, version: '1.0.0', dist };
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({
        name: MINE,
        'dist-tags': { latest: '1.0.0' },
        versions: { '1.0.0': version },
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  Object.assign(box.env, {
    npm_config_offline: 'false',
    npm_config_registry: `http://127.0.0.1:${port}/`,
  });
  assertEnds(await box.plugin('audit', '--online'), 0, /verified, with the registry/);
  integrity = `sha512-${'A'.repeat(86)}==`;
  assertEnds(await box.plugin('audit', '--online'), 76, /the registry has sha512-AAAA/);
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
