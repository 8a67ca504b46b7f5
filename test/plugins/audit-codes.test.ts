/** `waitbus plugin audit`: every exit code by a real run, alone and beside its neighbour. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { change, FAULTS, MINE } from './audit-faults.js';
import { assertEnds, PluginBox } from './support.js';

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
