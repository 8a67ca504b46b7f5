/**
 * What an error says to run is run as it stands there, in a shell, and the error is gone. Those of a
 * damaged store, a socket path and a secrets file are beside the tests of what makes them.
 */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PluginBox } from '../plugins/support.js';
import { WAITBUS, type Ended } from '../support/sandbox.js';
import { assertExit, emitAgent } from './verbs.js';

/** A box whose shell has `waitbus` on its PATH. */
function boxWithShell() {
  const box = new PluginBox();
  const bin = join(box.directory, 'bin');
  mkdirSync(bin);
  const program = `#!/bin/sh\nexec '${process.execPath}' '${WAITBUS}' "$@"\n`;
  writeFileSync(join(bin, 'waitbus'), program);
  chmodSync(join(bin, 'waitbus'), 0o755);
  box.env['PATH'] = `${bin}:${box.env['PATH'] ?? ''}`;
  return box;
}

/** The command that stands in what was said, from its first word to where the pattern ends. */
function commandIn({ stderr, stdout }: Ended, pattern: RegExp): string {
  const found = pattern.exec(stderr + stdout);
  assert.ok(found, `no ${pattern} in:\n${stderr}${stdout}`);
  return found[0];
}

const paste = (box: PluginBox, command: string) => box.start('sh', ['-c', command]).ended;

/** Fails as expected, runs what is suggested, and then it no longer fails. */
async function mends(
  box: PluginBox,
  args: readonly string[],
  fails: { readonly code: number; readonly says: RegExp },
  pattern: RegExp,
): Promise<void> {
  const failed = await box.run(args);
  assertExit(failed, fails.code);
  assert.match(failed.stderr + failed.stdout, fails.says);
  assertExit(await paste(box, commandIn(failed, pattern)), 0);
  assertExit(await box.run(args), 0);
}

test('WAITBUS_UNKNOWN_SOURCE: the command lists what can be waited on', async () => {
  await using box = boxWithShell();
  const failed = await box.run(['wait', '--source', 'nobody', '--timeout', '30s']);
  assertExit(failed, 2);
  assert.match(failed.stderr, /WAITBUS_UNKNOWN_SOURCE/);
  const listed = await paste(box, commandIn(failed, /waitbus [a-z ]+?(?= lists)/));
  assertExit(listed, 0);
  assert.match(listed.stdout, / fs /);
});

test('WAITBUS_UNKNOWN_SOURCE without a daemon: the command needs none', async () => {
  await using box = boxWithShell();
  const failed = await box.run(['source', 'env', 'nobody']);
  assertExit(failed, 2);
  const listed = await paste(box, commandIn(failed, /waitbus [a-z ]+?(?= lists)/));
  assertExit(listed, 0);
  assert.match(listed.stdout, /\bpytest\b/);
});

test('WAITBUS_ALREADY_RUNNING: the daemon is ended, and another starts', async () => {
  await using box = boxWithShell();
  await box.daemon();
  const failed = await box.run(['daemon']);
  assert.notEqual(failed.code, 0);
  assert.match(failed.stderr, /WAITBUS_ALREADY_RUNNING/);
  assertExit(await paste(box, commandIn(failed, /waitbus stop/)), 0);
  await box.daemon();
});

test('WAITBUS_UNREACHABLE: a daemon in another terminal is reached', async () => {
  await using box = boxWithShell();
  box.env['WAITBUS_NO_AUTOSTART'] = '1';
  const args = ['wait', '--source', 'agent', '--since', 'start', '--timeout', '30s'];
  const failed = await box.run(args);
  assertExit(failed, 2);
  assert.match(failed.stderr, /WAITBUS_UNREACHABLE/);
  const daemon = box.start('sh', ['-c', `exec ${commandIn(failed, /waitbus daemon/)}`]);
  await daemon.says(/"msg":"serving"/);
  await emitAgent(box);
  assertExit(await box.run(args), 0);
});

test('WAITBUS_BAD_LOCKFILE: a lock that is only not canonical is put into its form', async () => {
  await using box = boxWithShell();
  await box.add(await box.tarball());
  const loose: unknown = JSON.parse(readFileSync(box.lockfile, 'utf8'));
  writeFileSync(box.lockfile, JSON.stringify(loose));
  const fails = { code: 65, says: /canonical/ };
  await mends(box, ['plugin', 'audit', '--ci'], fails, /waitbus plugin lock --fix/);
});

for (const [what, damage] of [
  ['WAITBUS_NOT_INSTALLED', (box: PluginBox) => rmSync(box.paths.plugins, { recursive: true })],
  [
    'WAITBUS_PIN_MISMATCH',
    (box: PluginBox) => writeFileSync(join(box.packageDirectory(), 'index.js'), '// other\n'),
  ],
] as const) {
  test(`${what}: of a tarball, the commands in a row put back what is pinned`, async () => {
    await using box = boxWithShell();
    const { code, stderr } = await box.start('npm', ['pack', box.package()]).ended;
    assert.equal(code, 0, stderr);
    await box.add(join(box.work, 'waitbus-source-mine-1.0.0.tgz'));
    damage(box);
    const audit = ['plugin', 'audit', '--ci'];
    const failed = await box.run(audit);
    assert.notEqual(failed.code, 0);
    const restored = await paste(box, commandIn(failed, /waitbus plugin install --frozen/));
    // The registry does not have it, so it asks for the tarball that it was added from.
    assert.notEqual(restored.code, 0);
    const command = commandIn(restored, /waitbus plugin install --frozen \.\/\S+\.tgz/);
    assertExit(await paste(box, command), 0);
    assertExit(await box.run(audit), 0);
  });
}

test('WAITBUS_NAME_CONFLICT: the name is freed, and the other package gets it', async () => {
  await using box = boxWithShell();
  await box.add(await box.tarball());
  const other = await box.tarball({ name: 'waitbus-source-other' });
  const args = ['plugin', 'add', other, '--yes'];
  const fails = { code: 78, says: /WAITBUS_NAME_CONFLICT/ };
  await mends(box, args, fails, /waitbus plugin remove \S+/);
});

test('a plugin that is installed and not pinned is removed by the command', async () => {
  await using box = boxWithShell();
  await box.add(await box.tarball());
  box.rewrite(() => ({}));
  const fails = { code: 66, says: /not pinned/ };
  await mends(box, ['plugin', 'audit', '--ci'], fails, /waitbus plugin remove [\w-]+/);
});

test('WAITBUS_SOURCE_FAILED: once its cause is gone the command starts the source again', async () => {
  await using box = boxWithShell();
  const cause = join(box.directory, 'cause');
  writeFileSync(cause, '');
  const code = `import { existsSync } from 'node:fs';
    export default { name: 'mine', async start(ctx) {
      if (existsSync(${JSON.stringify(cause)})) throw new Error('the cause is there');
      ctx.ready();
      await ctx.emit({ event_type: 'tick' });
    } };`;
  const capabilities = { fsRead: [cause] };
  await box.add(await box.tarball({ capabilities, files: { 'index.js': code } }));
  const args = ['wait', '--source', 'mine', '--timeout', '60s'];
  const failed = await box.run(args);
  assertExit(failed, 2);
  assert.match(failed.stderr, /the cause is there.*WAITBUS_SOURCE_FAILED/);
  const command = commandIn(failed, /waitbus plugin restart mine/);
  rmSync(cause);
  assertExit(await paste(box, command), 0);
  assertExit(await box.run(args), 0);
});

test('what is pinned in a lock of a repository: the hint of plugin add starts it', async () => {
  await using box = boxWithShell();
  await box.run(['status']);
  const lock = join(box.work, 'plugins.lock.json');
  const added = await box.add(await box.tarball(), '--lockfile', lock);
  const command = commandIn(added, /waitbus stop; .*(?= starts it)/);
  assertExit(await paste(box, `${command} --timeout 60s`), 0);
});
