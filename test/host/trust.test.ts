/** Nothing runs that is not pinned: a daemon over a workspace whose packages are tampered with. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, createReadStream, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertExit } from '../cli/verbs.js';
import { Sandbox } from '../support/sandbox.js';
import { emitting, Workspace } from './installation.js';

test('a pinned source runs; one that was tampered with is quarantined, the others run', async () => {
  await using box = new Sandbox();
  const workspace = new Workspace(box);
  workspace.plugin('one', 'source-one', 'one', emitting('one'));
  workspace.plugin('two', 'source-two', 'two', emitting('two'));
  await workspace.pin();
  appendFileSync(join(workspace.root, 'plugins', 'two', 'index.js'), '\n');
  await workspace.daemon();
  assertExit(await workspace.run('wait', '--source', 'one').ended, 0);
  const told = await workspace.run('wait', '--source', 'two').ended;
  assertExit(told, 2);
  assert.match(told.stderr, /source two is quarantined: source-two differs from its pin/);
  assert.match(told.stderr, /its files differ/);
  const sources = await workspace.sources();
  assert.equal(sources.get('one')?.['state'], 'running');
  assert.equal(sources.get('two')?.['state'], 'quarantined');
  assert.equal(sources.get('two')?.['pid'], null);
  const emit = workspace.run('emit', '--source', 'two', '--event-type', 'declared');
  assertExit(await emit.ended, 2);
});

test('a package that is changed while the daemon runs is not started', async () => {
  await using box = new Sandbox();
  const workspace = new Workspace(box);
  workspace.plugin('one', 'source-one', 'one', emitting('one'));
  await workspace.pin();
  await workspace.daemon();
  appendFileSync(join(workspace.root, 'plugins', 'one', 'index.js'), '\n');
  const told = await workspace.run('wait', '--source', 'one').ended;
  assertExit(told, 2);
  assert.match(told.stderr, /source one is quarantined: source-one differs from its pin/);
  assert.equal((await workspace.sources()).get('one')?.['pid'], null);
});

test('what the log holds of a quarantined source still answers a wait', async () => {
  await using box = new Sandbox();
  const workspace = new Workspace(box);
  workspace.plugin('one', 'source-one', 'one', emitting('one'));
  await workspace.pin();
  const daemon = await workspace.daemon();
  assertExit(await workspace.run('wait', '--source', 'one').ended, 0);
  daemon.child.kill('SIGTERM');
  await daemon.ended;
  appendFileSync(join(workspace.root, 'plugins', 'one', 'index.js'), '\n');
  await workspace.daemon();
  assertExit(await workspace.run('wait', '--source', 'one', '--since', 'start').ended, 0);
  const later = ['--match', 'fields.never=1'];
  assertExit(await workspace.run('wait', '--source', 'one', '--since', 'start', ...later).ended, 2);
});

test('a package that is not pinned is not run, and says how to pin it', async () => {
  await using box = new Sandbox();
  const workspace = new Workspace(box);
  const trap = `import { writeFileSync } from 'node:fs'; writeFileSync('/dev/stderr', 'I RAN');\n`;
  await workspace.pin();
  workspace.plugin('new', 'source-new', 'new', trap + emitting('new'));
  const daemon = await workspace.daemon();
  const told = await workspace.run('wait', '--source', 'new').ended;
  assertExit(told, 2);
  assert.match(told.stderr, /source-new is not pinned in plugins\.lock\.json/);
  assert.match(told.stderr, /in the source tree, npm run lock does/);
  daemon.child.kill('SIGTERM');
  assert.doesNotMatch((await daemon.ended).stderr, /I RAN/);
});

for (const [newcomer, owner] of [
  ['aaa', 'zzz'],
  ['zzz', 'aaa'],
] as const) {
  test(`two packages claim one name: the pinned owner wins, in ${owner} against ${newcomer}`, async () => {
    await using box = new Sandbox();
    const workspace = new Workspace(box);
    workspace.plugin(owner, 'the-owner', 'name', emitting('name', 'owner'));
    await workspace.pin();
    workspace.plugin(newcomer, 'the-newcomer', 'name', emitting('name', 'newcomer'));
    const daemon = await workspace.daemon();
    const wait = await workspace.run('wait', '--source', 'name', '--json').ended;
    assertExit(wait, 0);
    const event = JSON.parse(wait.stdout) as { fields: { words: string } };
    assert.equal(event.fields.words, 'owner');
    assert.equal((await workspace.sources()).get('name')?.['package'], 'the-owner');
    await daemon.says(/the-newcomer claims the source name name, which the-owner has/);
  });
}

test('two packages that nobody pinned claim one name: neither runs', async () => {
  await using box = new Sandbox();
  const workspace = new Workspace(box);
  await workspace.pin();
  workspace.plugin('one', 'source-one', 'name', emitting('name'));
  workspace.plugin('two', 'source-two', 'name', emitting('name'));
  const daemon = await workspace.daemon();
  await daemon.says(/claims the source name name/);
  assertExit(await workspace.run('wait', '--source', 'name').ended, 2);
  assert.equal((await workspace.sources()).get('name')?.['state'], 'quarantined');
});

test('a package for another waitbus is quarantined, with both versions named', async () => {
  await using box = new Sandbox();
  const workspace = new Workspace(box);
  workspace.plugin('old', 'source-old', 'old', emitting('old'));
  const file = join(workspace.root, 'plugins', 'old', 'package.json');
  const { readFileSync } = await import('node:fs');
  writeFileSync(file, readFileSync(file, 'utf8').replace('^0.1.0', '^99.0.0'));
  await workspace.pin();
  await workspace.daemon();
  const told = await workspace.run('wait', '--source', 'old').ended;
  assertExit(told, 2);
  assert.match(told.stderr, /needs waitbus \^99\.0\.0, this is \d+\.\d+\.\d+/);
});

test('a lock that cannot be read quarantines every source, and the daemon stays up', async () => {
  await using box = new Sandbox();
  const workspace = new Workspace(box);
  workspace.plugin('one', 'source-one', 'one', emitting('one'));
  await workspace.pin();
  appendFileSync(join(workspace.root, 'plugins.lock.json'), '<<<<<<< HEAD\n');
  const daemon = await workspace.daemon();
  assert.match(await daemon.says(/holds a merge conflict marker/), /merge/);
  assertExit(await workspace.run('wait', '--source', 'one').ended, 2);
  assert.equal((await workspace.sources()).get('one')?.['state'], 'quarantined');
});

test('a package with a broken manifest or a hostile name harms no other', async () => {
  await using box = new Sandbox();
  const workspace = new Workspace(box);
  workspace.plugin('one', 'source-one', 'one', emitting('one'));
  await workspace.pin();
  workspace.plugin('bad', 'source-bad', 'Bad Name', emitting('bad'));
  workspace.plugin('proto', '__proto__', 'proto', emitting('proto'));
  workspace.plugin('constructor', 'constructor', 'ctor', emitting('ctor'));
  const daemon = await workspace.daemon();
  await daemon.says(/a source name matches/);
  assertExit(await workspace.run('wait', '--source', 'one').ended, 0);
  for (const name of ['proto', 'ctor']) {
    assertExit(await workspace.run('wait', '--source', name).ended, 2);
  }
});

for (const [what, fixture, count] of [
  ['even with events on their way', 'leaks-line.mjs', '1000'],
  ['even if it never gives its loop back', 'loops-on-line.mjs', '1'],
] as const) {
  test(`orphaned by kill -9 of the daemon: a source ends, ${what}`, async () => {
    await using box = new Sandbox();
    const workspace = new Workspace(box);
    const fifo = join(box.directory, 'alive');
    assert.equal(spawnSync('mkfifo', [fifo]).status, 0);
    const code = readFileSync(new URL(`../fixtures/sources/${fixture}`, import.meta.url), 'utf8');
    const capabilities = { env: ['ALIVE_FIFO'], fsWrite: [fifo] };
    workspace.plugin('busy', 'source-busy', 'broken', code, capabilities);
    await workspace.pin();
    Object.assign(box.env, { ALIVE_FIFO: fifo });
    const daemon = await workspace.daemon();
    const line = createReadStream(fifo, 'utf8');
    const closed = new Promise<void>((resolve) => line.once('close', resolve));
    const wait = workspace.run('wait', '--source', 'broken', '--no-autostart', '--count', count);
    await new Promise((resolve) => line.once('data', resolve));
    assertExit(await wait.ended, 0);
    daemon.child.kill('SIGKILL');
    // The write end is held by the source alone: it closes when that process is gone.
    await closed;
  });
}
