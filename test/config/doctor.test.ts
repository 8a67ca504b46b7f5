/** `waitbus doctor`: on an installation that is well, and on several that are broken. */
import assert from 'node:assert/strict';
import { appendFileSync, chmodSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openKernel } from '../../kernel/src/kernel.js';
import { SILENT } from '../support/kernel.js';
import { Sandbox } from '../support/sandbox.js';
import { checkInotify } from '../../cli/src/doctor/system.js';
import { ConfigBox } from './config-box.js';

interface Finding {
  readonly check: string;
  readonly level: 'ok' | 'warning' | 'problem';
  readonly message: string;
  readonly remedy: string;
}

async function doctor(config: ConfigBox, ...args: readonly string[]) {
  const { code, stdout, stderr } = await config.run('doctor', '--json', ...args);
  assert.ok(stdout !== '', stderr);
  const { ok, findings } = JSON.parse(stdout) as { ok: boolean; findings: Finding[] };
  assert.equal(code, ok ? 0 : 1, stderr);
  for (const { level, remedy, message } of findings) {
    assert.equal(remedy !== '', level !== 'ok', message);
  }
  return { ok, findings, of: (check: string) => findings.filter((one) => one.check === check) };
}

test('all is well: 0, with a daemon started on the way', async () => {
  await using box = new Sandbox();
  const config = new ConfigBox(box);
  config.source('fine', {}, "ctx.describe('watches the sky'); ctx.ready();");
  await config.workspace.pin();
  config.write('sources: {fine: {port: 2}}\n');
  const { ok, findings, of } = await doctor(config);
  assert.deepEqual(
    findings.filter(({ level }) => level !== 'ok'),
    [],
  );
  assert.equal(ok, true);
  assert.match(of('daemon')[0]?.message ?? '', /pid \d+/);
  assert.match(of('store')[0]?.message ?? '', /^0 events, .*, sound$/);
  assert.equal(of('source fine')[0]?.message, 'ready: watches the sky');
  const text = await config.run('doctor');
  assert.match(text.stdout, /^ok +configuration +\S+config\.yaml$/m);
  assert.equal(text.stderr, 'all is well\n');
});

test('every problem of a broken installation at once, each with what mends it', async () => {
  await using box = new Sandbox();
  const config = new ConfigBox(box);
  config.source('lame', {}, "ctx.fail(new Error('no sky here'), 'waitbus demo');");
  config.source('away', {}, "ctx.fail(new Error('no engine here'), 'waitbus demo');");
  config.source('changed');
  config.source('off');
  await config.workspace.pin();
  appendFileSync(join(config.workspace.root, 'plugins', 'changed', 'index.js'), '\n');
  config.write('disabled: [off, of]\nsources: {lame: {port: high}}\n');
  mkdirSync(join(box.paths.spool, 'rejected'), { recursive: true });
  writeFileSync(join(box.paths.spool, 'rejected', 'one.ndjson'), '');
  const cut = join(box.paths.spool, '.tmp-cut.ndjson');
  writeFileSync(cut, '');
  utimesSync(cut, 1, 1);
  writeFileSync(box.paths.secrets, '{}', { mode: 0o644 });
  chmodSync(box.paths.stateDir, 0o777);
  const { ok, of } = await doctor(config);
  assert.equal(ok, false);
  const said = (check: string) =>
    of(check).map(({ level, message, remedy }) => `${level}: ${message} -> ${remedy}`);
  assert.match(said('state directory').join(), /^problem: others can write .*777.*chmod go-w '/);
  assert.match(said('secrets').join(), /^problem: .*open to other users.*chmod 600 '/);
  assert.match(said('packages').join(), /^problem: waitbus-source-changed differs from its pin/);
  const [unknown = '', wrong = ''] = said('configuration');
  assert.match(unknown, /^warning: .*source of is not installed; did you mean off\?/);
  assert.match(wrong, /^problem: .*:2: sources\.lame\.port: .* -> waitbus config validate$/);
  assert.match(said('spool').join('\n'), /killed producer.* -> rm '.*\n.*refused.* -> ls '/);
  assert.match(said('source lame').join(), /^problem: /);
  // Nobody configured it.
  assert.match(said('source away').join(), /^warning: failed: waitbus-source-away/);
  assert.deepEqual([...said('source off'), ...said('source changed')], []);
});

test('a lock that is not canonical, and no daemon that may be started', async () => {
  await using box = new Sandbox();
  const config = new ConfigBox(box);
  await config.workspace.pin();
  mkdirSync(box.paths.configDir);
  writeFileSync(box.paths.lockfile, '{"plugins": {}, "lockfileVersion": 1}\n');
  const { of } = await doctor(config, '--no-autostart');
  assert.match(of('packages')[0]?.message ?? '', /not in canonical form/);
  assert.match(of('packages')[0]?.remedy ?? '', /waitbus plugin lock --fix/);
  const [daemon] = of('daemon');
  assert.equal(daemon?.level, 'problem');
  assert.match(daemon?.remedy ?? '', /waitbus daemon/);
});

test('a daemon of another version, and one that cannot start, are told', async () => {
  await using box = new Sandbox();
  const config = new ConfigBox(box);
  const { store, socket } = box.paths;
  const kernel = openKernel({
    paths: { store, socket },
    log: SILENT,
    describe: () => ({ version: '0.0.1', store }),
  });
  await kernel.listen();
  const other = await doctor(config);
  kernel.close();
  assert.deepEqual(
    other.of('daemon').map(({ level, message, remedy }) => [level, message, remedy]),
    [['problem', 'the daemon is 0.0.1, this command is 0.1.0', 'waitbus stop']],
  );
  writeFileSync(store, 'no store at all, but something of some length');
  const { of } = await doctor(config);
  assert.match(of('daemon')[0]?.message ?? '', /WAITBUS_STORE_FOREIGN|not a SQLite file/);
});

test('a store that is damaged while it is served is told', async () => {
  await using box = new Sandbox();
  const config = new ConfigBox(box);
  const damaged = new Error('a page is torn');
  const kernel = openKernel({
    paths: { store: box.paths.store, socket: box.paths.socket },
    log: SILENT,
    describe: () => ({ version: '0.1.0', store: box.paths.store }),
  });
  kernel.handle('verify_store', () => {
    throw damaged;
  });
  await kernel.listen();
  const { of } = await doctor(config);
  kernel.close();
  assert.deepEqual(
    of('store').map(({ level, message }) => [level, message]),
    [['problem', 'a page is torn']],
  );
});

test('an event ahead of the clock, and low limits, are warnings and do not fail', async () => {
  await using box = new Sandbox();
  const config = new ConfigBox(box);
  config.source('fine');
  await config.workspace.pin();
  const kernel = openKernel({
    paths: { store: box.paths.store, socket: box.paths.socket },
    log: SILENT,
    now: () => Date.now() + 3_600_000,
  });
  await kernel.publish([{ source: 'fine', event_type: 'declared' }]);
  kernel.close();
  const { ok, of } = await doctor(config);
  assert.equal(ok, true);
  assert.equal(of('clock')[0]?.level, 'warning');
  assert.match(of('clock')[0]?.message ?? '', /ahead of the clock/);
  const low = checkInotify((name) => (name === 'max_user_watches' ? 8192 : 128));
  assert.deepEqual(
    low.map(({ level, remedy }) => [level, remedy]),
    [['warning', 'sudo sysctl -w fs.inotify.max_user_watches=524288']],
  );
});
