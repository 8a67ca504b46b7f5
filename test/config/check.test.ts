/** `waitbus source check`: what it says of a source that is ready, fails, is absent, changed, or emit-only. */
import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Sandbox } from '../support/sandbox.js';
import { ConfigBox } from './config-box.js';

interface Check {
  readonly source: string;
  readonly ok: boolean;
  readonly state: string;
  readonly detail: string;
  readonly remedy: string;
}

async function check(config: ConfigBox, ...args: readonly string[]) {
  const { code, stdout, stderr } = await config.run('source', 'check', '--json', ...args);
  assert.ok(stdout !== '', stderr);
  const { ok, sources } = JSON.parse(stdout) as { ok: boolean; sources: Check[] };
  assert.equal(code, ok ? 0 : 1);
  return new Map(sources.map((one) => [one.source, one]));
}

test('each is told how it is, and what to do', async () => {
  await using box = new Sandbox();
  const config = new ConfigBox(box);
  config.source('fine', {}, "ctx.describe('watches the sky'); ctx.ready();");
  config.source('lame', {}, "ctx.fail(new Error('no sky here'), 'waitbus demo');");
  config.source('crash', {}, "throw new Error('fell over');");
  config.source('slow', {}, '');
  config.source('changed');
  config.source('asleep', { activation: 'always' });
  config.workspace.plugin(
    'says',
    'waitbus-source-says',
    'says',
    '',
    {},
    {
      entry: undefined,
      activation: 'emit-only',
      shellEnv: { SAYS: { value: 'yes' } },
    },
  );
  await config.workspace.pin();
  appendFileSync(join(config.workspace.root, 'plugins', 'changed', 'index.js'), '\n');
  config.write('disabled: [crash]\n');

  const fine = (await check(config, 'fine', '--timeout', '60s')).get('fine');
  assert.deepEqual([fine?.state, fine?.detail], ['ready', 'watches the sky']);
  const text = await config.run('source', 'check', 'fine', '--timeout', '60s');
  assert.match(text.stdout, /^fine {2}ready in \S+: watches the sky\n$/);

  const lame = (await check(config, 'lame', '--timeout', '60s')).get('lame');
  assert.equal(lame?.state, 'failed');
  assert.match(lame?.detail ?? '', /no sky here/);
  assert.equal(lame?.remedy, 'waitbus demo');

  const crash = (await check(config, 'crash')).get('crash');
  assert.deepEqual([crash?.state, crash?.remedy], ['disabled', 'waitbus source enable crash']);
  await config.run('source', 'enable', 'crash');
  const crashed = (await check(config, 'crash', '--timeout', '60s')).get('crash');
  assert.equal(crashed?.state, 'failed');
  assert.match(crashed?.detail ?? '', /fell over/);

  const slow = (await check(config, 'slow', '--timeout', '300ms')).get('slow');
  assert.equal(slow?.state, 'timeout');
  assert.match(slow?.detail ?? '', /not ready within 0\.3 s/);

  const changed = (await check(config, 'changed')).get('changed');
  assert.equal(changed?.state, 'quarantined');
  assert.match(changed?.detail ?? '', /differs from its pin/);

  const says = (await check(config, 'says')).get('says');
  assert.deepEqual(
    [says?.ok, says?.state, says?.remedy],
    [true, 'emit-only', 'eval "$(waitbus source env says)"'],
  );

  const asleep = (await check(config, 'asleep', '--timeout', '60s')).get('asleep');
  assert.equal(asleep?.ok, true);
  assert.match(asleep?.remedy ?? '', /waitbus source enable asleep/);

  const all = await check(config, '--all', '--timeout', '1s');
  assert.deepEqual([...all.keys()], ['changed', 'crash', 'fine', 'lame', 'says', 'slow']);
  assert.equal(all.get('lame')?.ok, false);
});

test('it starts a daemon as a wait does, and may be told not to', async () => {
  await using box = new Sandbox();
  const config = new ConfigBox(box);
  config.source('fine');
  await config.workspace.pin();
  const alone = await config.run('source', 'check', 'fine', '--no-autostart');
  assert.equal(alone.code, 2);
  assert.match(alone.stderr, /WAITBUS_UNREACHABLE/);
  assert.equal((await config.run('source', 'check', 'fine', '--timeout', '60s')).code, 0);
  for (const args of [[], ['fine', '--all'], ['fine', '--timeout', 'soon'], ['a', 'b']]) {
    assert.equal((await config.run('source', 'check', ...args)).code, 2);
  }
});

test('a secret that a source asks for is granted to it, and has it start again', async () => {
  await using box = new Sandbox();
  const config = new ConfigBox(box);
  const entry = { activation: 'always', secrets: ['hooks-key', 'shared-key'] };
  config.source('hooks', entry, "ctx.log.info('has ' + ctx.secret('hooks-key')); ctx.ready();");
  config.source('other', { secrets: ['shared-key'] });
  await config.workspace.pin();
  config.write('sources: {hooks: {}}\n');
  const daemon = await config.workspace.daemon();
  const before = (await check(config, 'hooks', '--timeout', '60s')).get('hooks');
  assert.match(before?.remedy ?? '', /^waitbus secret set hooks-key/);
  const list = await config.run('source', 'list');
  assert.match(list.stdout, /asks for the secret hooks-key: waitbus secret set hooks-key\n/);
  assert.match(list.stdout, /shared-key: waitbus secret set shared-key --for other\n/);
  const value = join(box.directory, 'value');
  appendFileSync(value, 'sesame');
  const set = (...args: readonly string[]) => config.run('secret', 'set', ...args, '--file', value);
  const several = await set('shared-key');
  assert.equal(several.code, 2);
  assert.match(several.stderr, /may be for hooks or other; .*--for hooks/);
  const nobody = await set('plain');
  assert.equal(nobody.code, 2);
  assert.match(nobody.stderr, /no installed source asks for plain/);
  const granted = await set('hooks-key');
  assert.equal(granted.stderr, 'hooks-key is kept for hooks\n');
  await daemon.says(/has sesame/);
  assert.equal((await check(config, 'hooks', '--timeout', '60s')).get('hooks')?.ok, true);
});
