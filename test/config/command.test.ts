/** `waitbus config`: validate, show, schema and path, on files of every kind. */
import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Sandbox } from '../support/sandbox.js';
import { ConfigBox } from './config-box.js';

test('validate asks each source about its section, and says everything at once', async () => {
  await using box = new Sandbox();
  const config = new ConfigBox(box);
  config.source('hooks', { activation: 'always' });
  config.workspace.plugin('odd', 'waitbus-source-odd', 'odd', 'throw new Error("no such luck");');
  await config.workspace.pin();
  config.write(`retention:
  maxage: 30d
disabled: [hoks]
sources:
  hooks:
    prot: 9000
    port: high
  odd: {}
  postgres: {}
`);
  const { code, stdout } = await config.run('config', 'validate', '--json');
  assert.equal(code, 1);
  const { valid, problems } = JSON.parse(stdout) as {
    valid: boolean;
    problems: { level: string; line: number; path: string; message: string }[];
  };
  assert.equal(valid, false);
  const lines = problems.map(
    ({ level, line, path, message }) => `${level} ${line} ${path}: ${message}`,
  );
  assert.equal(lines[0], 'error 2 retention.maxage: unknown key; did you mean maxAge?');
  assert.equal(lines[1], 'warning 3 disabled.0: source hoks is not installed; did you mean hooks?');
  assert.equal(lines[2], 'error 6 sources.hooks.prot: unknown key; did you mean port?');
  assert.match(lines[3] ?? '', /^error 7 sources\.hooks\.port: .*expected number/);
  assert.match(lines[4] ?? '', /^warning 8 sources\.odd: it could not be checked: no such luck/);
  assert.equal(lines[5], 'warning 9 sources.postgres: source postgres is not installed');
  assert.equal(lines.length, 6);
  const text = await config.run('config', 'validate');
  assert.ok(text.stdout.includes(`${config.file()}:6: sources.hooks.prot: unknown key`));
  assert.match(text.stderr, /3 problems, 3 warnings/);
});

test('a source that is changed since it was pinned is not run to check its section', async () => {
  await using box = new Sandbox();
  const config = new ConfigBox(box);
  const marker = join(box.directory, 'it-ran');
  config.source('hooks');
  await config.workspace.pin();
  writeFileSync(
    join(config.workspace.root, 'plugins', 'hooks', 'index.js'),
    `import { writeFileSync } from 'node:fs'; writeFileSync(${JSON.stringify(marker)}, '');`,
  );
  config.write('sources: {hooks: {port: high}}\n');
  const { code, stdout } = await config.run('config', 'validate');
  assert.equal(code, 0);
  assert.match(stdout, /could not be checked: .*differs from its pin.*\(warning\)/);
  assert.throws(() => writeFileSync(marker, '', { flag: 'r+' }), { code: 'ENOENT' });
});

test('show tells where each value comes from, the sources defaults included', async () => {
  await using box = new Sandbox();
  const config = new ConfigBox(box);
  config.source('hooks');
  await config.workspace.pin();
  config.write(
    '{\n  "retention": {"maxAge": "30d"},\n  "sources": {\n    "hooks": {"labels": ["x"]}}}',
    'config.json',
  );
  const { code, stdout } = await config.run('config', 'show', '--json');
  assert.equal(code, 0);
  const { values } = JSON.parse(stdout) as { values: Record<string, unknown>[] };
  const of = (key: string) => values.find((one) => one['key'] === key);
  const file = (key: string, value: unknown, line: number) =>
    assert.deepEqual(of(key), { key, value, origin: 'file', line, variable: null });
  const byDefault = (key: string, value: unknown) =>
    assert.deepEqual(of(key), { key, value, origin: 'default', line: null, variable: null });
  file('retention.maxAge', '30d', 2);
  file('sources.hooks.labels', ['x'], 4);
  byDefault('sources.hooks.port', 1);
  byDefault('durability', 'normal');
  byDefault('retention.maxSize', null);
  assert.equal(of('directories.state')?.['variable'], 'WAITBUS_STATE_DIR');
  const text = await config.run('config', 'show');
  assert.match(text.stdout, /^retention\.maxAge +30d +.*config\.json:2$/m);
  assert.match(text.stdout, /^retention\.maxSize +not set +default$/m);
});

test('the schema holds the section of each source', async () => {
  await using box = new Sandbox();
  const config = new ConfigBox(box);
  config.source('hooks');
  await config.workspace.pin();
  const { code, stdout } = await config.run('config', 'schema');
  assert.equal(code, 0);
  const { properties } = JSON.parse(stdout) as {
    properties: { sources: { properties: Record<string, object> }; retention: object };
  };
  const { hooks } = properties.sources.properties as { hooks: { properties: object } };
  assert.deepEqual(Object.keys(hooks.properties), ['port', 'labels']);
  assert.match(JSON.stringify(properties.retention), /maxAge/);
});

test('two files are refused, by a daemon that starts as well', async () => {
  await using box = new Sandbox();
  const config = new ConfigBox(box);
  const refused = async (says: RegExp) => {
    for (const verb of ['validate', 'show']) {
      const { code, stderr } = await config.run('config', verb);
      assert.equal(code, 2, stderr);
      assert.match(stderr, says);
    }
    const daemon = await config.run('daemon');
    assert.equal(daemon.code, 1);
    assert.match(daemon.stderr, says);
  };
  config.write('');
  config.write('', 'config.json');
  await refused(/config\.json and config\.yaml; which of them counts[\s\S]*mv '/);
});

test('a directory in its place, a huge file and a link to nothing are refused', async () => {
  for (const make of [
    (file: string) => mkdirSync(file),
    (file: string) => writeFileSync(file, `# ${'x'.repeat(2 ** 20)}\n`),
    (file: string) => symlinkSync('nowhere', file),
  ]) {
    await using box = new Sandbox();
    const config = new ConfigBox(box);
    mkdirSync(box.paths.configDir);
    make(config.file());
    const { code, stderr } = await box.run(['config', 'validate']);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /the configuration cannot be read: .*\n.*ls -ld '/);
    const wait = await box.run(['wait', '--source', 'fs', '--timeout', '60s']);
    assert.equal(wait.code, 2);
    assert.match(wait.stderr, /the configuration cannot be read/);
  }
});

test('path names the file, or the one that would be written', async () => {
  await using box = new Sandbox();
  const none = await box.run(['config', 'path']);
  assert.equal(none.stdout, `${join(box.paths.configDir, 'config.json')}\n`);
  assert.match(none.stderr, /no configuration yet/);
  mkdirSync(box.paths.configDir);
  writeFileSync(join(box.paths.configDir, 'config.yml'), '');
  const some = await box.run(['config', 'path']);
  assert.equal(some.stdout, `${join(box.paths.configDir, 'config.yml')}\n`);
});

test('nothing of the directory that a command is in configures it or runs', async () => {
  await using box = new Sandbox();
  mkdirSync(join(box.work, '.config'));
  const marker = join(box.directory, 'it-ran');
  writeFileSync(
    join(box.work, '.config', 'config.js'),
    `require('node:fs').writeFileSync(${JSON.stringify(marker)}, '');`,
  );
  mkdirSync(box.paths.configDir);
  writeFileSync(join(box.paths.configDir, 'config.yaml'), 'log: {level: warn}\n');
  assert.equal((await box.run(['config', 'show'])).code, 0);
  assert.equal((await box.run(['source', 'check', 'agent'])).code, 0);
  assert.throws(() => writeFileSync(marker, '', { flag: 'r+' }), { code: 'ENOENT' });
});
