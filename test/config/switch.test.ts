/** `waitbus source enable` and `disable`, in a daemon that runs, while somebody waits, and at once. */
import assert from 'node:assert/strict';
import { chmodSync, lstatSync, mkdirSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Sandbox } from '../support/sandbox.js';
import { ConfigBox } from './config-box.js';

const ALWAYS = { activation: 'always', secrets: ['hooks-secret'] };

test('enable sets a source up that runs always, in a daemon that runs, and keeps the file', async () => {
  await using box = new Sandbox();
  const config = new ConfigBox(box);
  config.source('hooks', ALWAYS);
  config.source('other', { activation: 'always' });
  await config.workspace.pin();
  const text = '# mine\nsources: # all\n    other: {port: 2} # kept\nlog:    {level: debug}\n';
  config.write(text);
  chmodSync(config.file(), 0o640);
  const daemon = await config.workspace.daemon();
  await daemon.says(/other runs/);
  const list = await config.run('source', 'list');
  assert.match(list.stdout, /^hooks +.*always +needs setup +stopped$/m);
  assert.match(list.stdout, /waitbus source enable hooks/);
  const enabled = await config.run('source', 'enable', 'hooks');
  assert.equal(enabled.code, 0, enabled.stderr);
  assert.match(enabled.stderr, /taken it up \(changed: hooks\)/);
  assert.match(enabled.stderr, /^ {2}waitbus secret set hooks-secret$/m);
  await daemon.says(/hooks runs/);
  assert.equal(config.read(), text.replace('# all\n', '# all\n    hooks: {}\n'));
  assert.equal(statSync(config.file()).mode & 0o777, 0o640);
  const again = await config.run('source', 'enable', 'hooks');
  assert.match(again.stderr, /enabled already[\s\S]*no source changed/);
});

test('what cannot be written whole is not written at all', async () => {
  await using box = new Sandbox();
  const config = new ConfigBox(box);
  config.source('hooks');
  await config.workspace.pin();
  const text = `# ${'long '.repeat(4000)}\nsources: {}\n`;
  config.write(text);
  const waitbus = join(config.workspace.root, 'cli', 'dist', 'bin', 'waitbus.js');
  // 8 blocks of 512 bytes, and the signal of the limit ignored: what does not fit is an error then.
  const script = 'trap "" XFSZ; ulimit -f 8; exec "$@"';
  const command = [process.execPath, waitbus, 'source', 'disable', 'hooks'];
  const ended = await box.start('sh', ['-c', script, 'sh', ...command]).ended;
  assert.notEqual(ended.code, 0);
  assert.match(ended.stderr, /EFBIG|too large/);
  assert.equal(config.read(), text);
});

test('without a file, config.json is made', async () => {
  await using box = new Sandbox();
  const config = new ConfigBox(box);
  config.source('hooks', ALWAYS);
  await config.workspace.pin();
  const { code, stderr } = await config.run('source', 'enable', 'hooks');
  assert.equal(code, 0, stderr);
  assert.match(stderr, /it counts when one starts/);
  assert.equal(config.read('config.json'), '{\n  "sources": {\n    "hooks": {}\n  }\n}\n');
  const daemon = await config.workspace.daemon();
  await daemon.says(/hooks runs/);
});

test('disable ends a wait with 2 and the remedy, stops the source, and keeps its section', async () => {
  await using box = new Sandbox();
  const config = new ConfigBox(box);
  config.source('hooks', ALWAYS);
  config.source('other', { activation: 'always' });
  await config.workspace.pin();
  config.write('sources:\n  hooks: {port: 7}\n  other: {}\n');
  const daemon = await config.workspace.daemon();
  await daemon.says(/hooks runs/);
  await daemon.says(/other runs/);
  const pid = (await config.workspace.sources()).get('other')?.['pid'];
  const waiting = config.workspace.run('wait', '--source', 'hooks', '--timeout', '60s');
  await waiting.says(/waiting for/);
  assert.equal((await config.run('source', 'disable', 'hooks')).code, 0);
  const ended = await waiting.ended;
  assert.equal(ended.code, 2);
  assert.match(
    ended.stderr,
    /disabled in the configuration[\s\S]*^ {2}waitbus source enable hooks$/m,
  );
  const later = await config.run('wait', '--source', 'hooks', '--timeout', '60s');
  assert.equal(later.code, 2);
  const emit = await config.run('emit', '--source', 'hooks', '--event-type', 'declared');
  assert.equal(emit.code, 2);
  assert.match(emit.stderr, /WAITBUS_SOURCE_DISABLED[\s\S]*waitbus source enable hooks/);
  const sources = await config.workspace.sources();
  assert.equal(sources.get('hooks')?.['enabled'], false);
  assert.equal(sources.get('hooks')?.['state'], 'stopped');
  // Of the other nothing was changed, so it goes on as it was.
  assert.equal(sources.get('other')?.['pid'], pid);
  assert.equal(config.read(), 'sources:\n  hooks: {port: 7}\n  other: {}\ndisabled: [hooks]\n');
  await config.run('source', 'enable', 'hooks');
  assert.equal((await config.run('source', 'check', 'hooks', '--timeout', '60s')).code, 0);
});

test('a bad configuration is refused by a daemon that runs, which goes on with the old one', async () => {
  await using box = new Sandbox();
  const config = new ConfigBox(box);
  config.source('hooks', { activation: 'always' });
  await config.workspace.pin();
  config.write('sources:\n  hooks: {port: 7}\n');
  const daemon = await config.workspace.daemon();
  await daemon.says(/"port":7/);
  config.write('sources:\n  hooks: {port: 8}\nlgo: {}\n');
  for (const args of [
    ['config', 'reload'],
    ['source', 'disable', 'hooks'],
  ]) {
    const { code, stderr } = await config.run(...args);
    assert.equal(code, 2);
    assert.match(stderr, /:3: lgo: unknown key; did you mean log\?[\s\S]*waitbus config validate/);
  }
  assert.equal((await config.workspace.sources()).get('hooks')?.['enabled'], true);
  // Asked past the command, the daemon itself refuses.
  const socket = JSON.stringify(box.paths.socket);
  const ask = `const s = require('node:net').connect(${socket});
    const body = Buffer.from('{"op":"config_changed","id":1}');
    const head = Buffer.alloc(4); head.writeUInt32BE(body.length);
    s.write(Buffer.concat([head, body]));
    s.once('data', (d) => { console.log(d.toString()); s.destroy(); });`;
  const asked = await box.start(process.execPath, ['-e', ask]).ended;
  assert.match(asked.stdout, /"code":"WAITBUS_BAD_CONFIG"/);
  config.write('sources:\n  hooks: {port: 9}\nlog: {level: warn}\n');
  const reload = await config.run('config', 'reload');
  assert.equal(reload.code, 0, reload.stderr);
  assert.match(reload.stderr, /changed: hooks[\s\S]*log: read when a daemon starts/);
  await daemon.says(/"port":9/);
});

test('of two commands at once, neither loses what the other changed', async () => {
  await using box = new Sandbox();
  const config = new ConfigBox(box);
  const names = ['aa', 'bb', 'cc', 'dd'];
  for (const name of names) config.source(name, { activation: 'always' });
  await config.workspace.pin();
  config.write('# kept\nsources:\n  zz: {} # gone\ndisabled: [yy]\n');
  await config.workspace.daemon();
  const ended = await Promise.all([
    ...names.map((name) => config.run('source', 'enable', name)),
    config.run('source', 'disable', 'aa'),
  ]);
  assert.deepEqual(
    ended.map(({ code }) => code),
    [0, 0, 0, 0, 0],
  );
  const text = config.read();
  for (const name of names) assert.ok(text.includes(`\n  ${name}: {}\n`), text);
  assert.match(text, /^# kept\nsources:\n[\s\S]* zz: \{\} # gone\ndisabled: \[yy(, aa)?\]\n$/);
});

test('a link stays one, and a directory that cannot be written changes nothing', async () => {
  await using box = new Sandbox();
  const config = new ConfigBox(box);
  const elsewhere = join(box.directory, 'dotfiles');
  mkdirSync(elsewhere);
  config.write('log: {level: warn}\n');
  await box.start('mv', [config.file(), join(elsewhere, 'waitbus.yaml')]).ended;
  symlinkSync(join(elsewhere, 'waitbus.yaml'), config.file());
  assert.equal((await box.run(['source', 'disable', 'agent'])).code, 0);
  assert.ok(lstatSync(config.file()).isSymbolicLink());
  assert.equal(config.read(), 'log: {level: warn}\ndisabled: [agent]\n');
});

test(
  'a file that cannot be replaced is told, with a remedy, and stays',
  { skip: process.getuid?.() === 0 ? false : 'only root can act as another user' },
  async (context) => {
    await using box = new Sandbox();
    const config = new ConfigBox(box);
    config.write('log: {level: warn}\n');
    // Root may write anywhere but where nothing is mounted to be written.
    const mounts = ['-m', 'sh', '-c', 'mount --bind -o ro "$1" "$1" && shift && exec "$@"', 'sh'];
    const command = [process.execPath, config.workspace.waitbus, 'source', 'disable', 'nothing'];
    const probe = await box.start('unshare', [...mounts, box.paths.configDir, 'true']).ended;
    if (probe.code !== 0) {
      context.skip('nothing can be mounted here');
      return;
    }
    config.source('nothing');
    await config.workspace.pin();
    const refused = await box.start('unshare', [...mounts, box.paths.configDir, ...command]).ended;
    assert.equal(refused.code, 1, refused.stderr);
    assert.match(refused.stderr, /cannot be written[\s\S]*ls -ld/);
    assert.equal(config.read(), 'log: {level: warn}\n');
  },
);

test('an unknown name is refused with the one that was meant', async () => {
  await using box = new Sandbox();
  for (const verb of ['enable', 'disable', 'check']) {
    const { code, stderr } = await box.run(['source', verb, 'pytset']);
    assert.equal(code, 2);
    assert.match(
      stderr,
      /pytset is not installed; did you mean pytest\?[\s\S]*waitbus source list/,
    );
  }
});
