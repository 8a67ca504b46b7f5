/** `waitbus config set` and `unset`: one key, checked before it is written, the rest left as it is. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { Sandbox } from '../support/sandbox.js';
import { ConfigBox } from './config-box.js';

test('a key is set and taken away in a daemon that runs, and comments stay', async () => {
  await using box = new Sandbox();
  const config = new ConfigBox(box);
  config.source('hooks', { activation: 'always' });
  await config.workspace.pin();
  const text = '# mine\nsources:\n  hooks: { port: 2 } # the door\nlog:\n  level: debug\n';
  config.write(text);
  const daemon = await config.workspace.daemon();
  await daemon.says(/hooks runs/);
  const set = await config.run('config', 'set', 'sources.hooks.labels', '["a","b"]');
  assert.equal(set.code, 0, set.stderr);
  assert.match(set.stderr, /sources\.hooks\.labels is \["a","b"\] in .*config\.yaml$/m);
  assert.match(set.stderr, /taken it up \(changed: hooks\)/);
  assert.match(config.read(), /^# mine\nsources:\n {2}hooks: .*labels.* # the door\nlog:/);
  const again = await config.run('config', 'set', 'sources.hooks.labels', '["a","b"]');
  assert.match(again.stderr, /as before\n[\s\S]*no source changed/);
  const unset = await config.run('config', 'unset', 'sources.hooks.labels');
  assert.equal(unset.code, 0, unset.stderr);
  assert.match(unset.stderr, /sources\.hooks\.labels is not set/);
  assert.equal(config.read(), text);
});

test('what the source or the daemon would refuse is never written', async () => {
  await using box = new Sandbox();
  const config = new ConfigBox(box);
  config.source('hooks');
  await config.workspace.pin();
  const refused = async (key: string, value: string, reason: RegExp) => {
    const { code, stderr } = await config.run('config', 'set', key, value);
    assert.equal(code, 2, stderr);
    assert.match(stderr, reason);
  };
  await refused('sources.hooks.port', 'nine', /sources\.hooks\.port: .*expected number/);
  await refused('retention.maxage', '3d', /did you mean maxAge/);
  await refused('retention.maxAge.x', '3d', /retention\.maxAge/);
  await refused('retention..maxAge', '3d', /is not a key/);
  await refused('log.level', 'null', /config unset log\.level/);
  assert.equal(existsSync(config.file('config.json')), false);
  const made = await config.run('config', 'set', 'sources.hooks.port', '9');
  assert.equal(made.code, 0, made.stderr);
  assert.equal(
    config.read('config.json'),
    '{\n  "sources": {\n    "hooks": {\n      "port": 9\n    }\n  }\n}\n',
  );
  await refused('sources.hooks.port.x', '1', /sources\.hooks\.port/);
});

test('in a file whose sections are empty a key finds its place', async () => {
  await using box = new Sandbox();
  const config = new ConfigBox(box);
  config.source('hooks');
  await config.workspace.pin();
  config.write('sources:\n  hooks:\n');
  const made = await config.run('config', 'set', 'sources.hooks.labels', '["a"]');
  assert.equal(made.code, 0, made.stderr);
  const shown = await config.run('config', 'show');
  assert.match(shown.stdout, /^sources\.hooks\.labels +\["a"\] /m);
});
