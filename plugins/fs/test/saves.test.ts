/** When a file counts as saved, and when not: the source against real writers. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { is, sh, startSource, temporaryDirectory } from './harness.js';

test('a plain save is one event with the exact size and time', async (t) => {
  const root = temporaryDirectory(t);
  mkdirSync(join(root, 'src'));
  const running = await startSource(t, [root]);
  await sh('printf 12345 > src/config.yaml', root);
  const path = join(root, 'src/config.yaml');
  const event = await running.waitFor(is('fs_change', path), 'save');
  assert.deepEqual(event.fields, {
    workflow_name: 'config.yaml',
    path,
    root,
    root_path: path,
    size: 5n,
    mtime_ns: statSync(path, { bigint: true }).mtimeNs,
    status: 'completed',
    conclusion: 'success',
  });
  assert.equal(event.summary, 'saved src/config.yaml');
  assert.equal(event.ingest_method, 'watch');
  assert.deepEqual(await running.storyUntilMarker(root), ['change src/config.yaml']);
});

test('each of many saves in turn is an event of its own', async (t) => {
  const root = temporaryDirectory(t);
  writeFileSync(join(root, 'f'), '');
  const running = await startSource(t, [root]);
  for (let n = 1; n <= 50; n += 1) {
    writeFileSync(join(root, 'f'), 'x');
    await running.waitFor(() => running.events.length >= n, `save ${n}`);
  }
  assert.equal((await running.storyUntilMarker(root)).length, 50);
  assert.equal(
    new Set(running.events.map((event) => event.delivery_id)).size,
    running.events.length,
  );
});

test('a writer that pauses between two writes gives one event, after the second', async (t) => {
  const root = temporaryDirectory(t);
  const running = await startSource(t, [root]);
  const writer = spawn(
    'sh',
    ['-c', 'exec 3>half; printf one >&3; echo written; read go; printf two >&3'],
    {
      cwd: root,
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  await once(writer.stdout, 'data');
  assert.deepEqual(await running.storyUntilMarker(root), []);
  assert.deepEqual(await running.storyUntilMarker(root), []);
  writer.stdin.end('go\n');
  const event = await running.waitFor(is('fs_change', join(root, 'half')), 'save');
  assert.equal(event.fields?.['size'], 6n);
  assert.deepEqual(await running.storyUntilMarker(root), ['change half']);
});

test('a writer that pauses for a second gives one event', async (t) => {
  const root = temporaryDirectory(t);
  const running = await startSource(t, [root]);
  await sh('(printf one; sleep 1.2; printf two) > slow', root);
  const event = await running.waitFor(is('fs_change', join(root, 'slow')), 'save');
  assert.equal(event.fields?.['size'], 6n);
  assert.deepEqual(await running.storyUntilMarker(root), ['change slow']);
});

test('a rename into place is one event, from outside and from a temporary name', async (t) => {
  const root = temporaryDirectory(t);
  const outside = temporaryDirectory(t);
  const running = await startSource(t, [root]);
  writeFileSync(join(outside, 'a'), 'a');
  await sh(`mv ${outside}/a a`, root);
  await sh('printf b > b.tmp.1234.x && mv b.tmp.1234.x b', root);
  await sh('printf b > .b.aB3xY9 && mv .b.aB3xY9 b2', root);
  assert.deepEqual(await running.storyUntilMarker(root), ['change a', 'change b', 'change b2']);
});

test('a file that is renamed while its writer still has it open is one event', async (t) => {
  const root = temporaryDirectory(t);
  const running = await startSource(t, [root]);
  const script = `
import os, sys
f = open('draft.tmp', 'w'); f.write('one'); f.flush()
os.rename('draft.tmp', 'final'); print('renamed', flush=True); sys.stdin.readline()
f.write('two'); f.close()`;
  const writer = spawn('python3', ['-c', script], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(writer.stdout, 'data');
  assert.deepEqual(await running.storyUntilMarker(root), []);
  writer.stdin.end('\n');
  const event = await running.waitFor(is('fs_change', join(root, 'final')), 'save');
  assert.equal(event.fields?.['size'], 6n);
  assert.deepEqual(await running.storyUntilMarker(root), ['change final']);
});

test('touch, a hard link, and a symlink make one event each; a FIFO none', async (t) => {
  const root = temporaryDirectory(t);
  const running = await startSource(t, [root]);
  await sh('touch new', root);
  await running.waitFor(is('fs_change', join(root, 'new')), 'touch');
  await sh('ln new linked', root);
  await running.waitFor(is('fs_change', join(root, 'linked')), 'link');
  await sh('mkfifo pipe', root);
  symlinkSync('new', join(root, 'symlink'));
  await running.waitFor(is('fs_change', join(root, 'symlink')), 'symlink');
  assert.deepEqual(await running.storyUntilMarker(root), [
    'change new',
    'change linked',
    'change symlink',
  ]);
});

test('a link to a file that is being written is reported when its writer is done', async (t) => {
  const root = temporaryDirectory(t);
  const outside = temporaryDirectory(t);
  const running = await startSource(t, [root]);
  const writer = spawn(
    'sh',
    ['-c', 'exec 3>draft; printf one >&3; echo written; read go; printf two >&3'],
    {
      cwd: outside,
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  await once(writer.stdout, 'data');
  await sh(`ln ${outside}/draft linked`, root);
  assert.deepEqual(await running.storyUntilMarker(root), []);
  writer.stdin.end('go\n');
  const event = await running.waitFor(is('fs_change', join(root, 'linked')), 'link');
  assert.equal(event.fields?.['size'], 6n);
});

test("vim's way to save is one change and no deletion", async (t) => {
  const root = temporaryDirectory(t);
  writeFileSync(join(root, 'x'), 'old');
  const running = await startSource(t, [root]);
  const script = `
import os
open('.x.swp', 'w').write('swap'); open('4913', 'w').close(); os.unlink('4913')
os.rename('x', 'x~')
f = open('x', 'w'); f.write('new'); f.flush(); os.fsync(f.fileno()); f.close()
os.unlink('x~'); os.unlink('.x.swp')`;
  await sh(`python3 -c "${script}"`, root);
  await running.waitFor(is('fs_change', join(root, 'x')), 'save');
  assert.deepEqual(await running.storyUntilMarker(root), ['change x']);
});

test('sed -i is one change and nothing of its temporary file', async (t) => {
  const root = temporaryDirectory(t);
  writeFileSync(join(root, 'x'), 'old\n');
  const running = await startSource(t, [root]);
  for (let n = 0; n < 20; n += 1) await sh(`sed -i 's/.*/${n}/' x`, root);
  await running.waitFor(() => running.events.length >= 20, '20 saves');
  assert.deepEqual(await running.storyUntilMarker(root), Array<string>(20).fill('change x'));
});

test('deletions and renames within the tree', async (t) => {
  const root = temporaryDirectory(t);
  await sh('mkdir d; echo 1 > a; echo 1 > b; echo 1 > d/c; echo 1 > d/e', root);
  const running = await startSource(t, [root]);
  await sh('rm a', root);
  const gone = await running.waitFor(is('fs_delete', join(root, 'a')), 'deletion');
  assert.deepEqual(gone.fields, {
    workflow_name: 'a',
    path: join(root, 'a'),
    root,
    root_path: join(root, 'a'),
    status: 'deleted',
  });
  await sh('mv b b2', root);
  await running.waitFor(is('fs_delete', join(root, 'b')), 'deletion');
  await sh('mv d d2', root);
  await running.waitFor(is('fs_delete', join(root, 'd/e')), 'deletion');
  await sh('echo 2 > d2/c', root);
  assert.deepEqual([...(await running.storyUntilMarker(root))].sort(), [
    'change b2',
    'change d2/c',
    'change d2/c',
    'change d2/e',
    'delete a',
    'delete b',
    'delete d/c',
    'delete d/e',
  ]);
});

test('a directory that is moved out takes its files with it', async (t) => {
  const root = temporaryDirectory(t);
  const outside = temporaryDirectory(t);
  await sh('mkdir -p d/sub; echo 1 > d/sub/c', root);
  const running = await startSource(t, [root]);
  await sh(`mv d ${outside}/d`, root);
  await running.waitFor(is('fs_delete', join(root, 'd/sub/c')), 'deletion');
  await sh(`echo 2 > ${outside}/d/sub/c; mkdir d; echo 3 > d/f`, root);
  await running.waitFor(is('fs_change', join(root, 'd/f')), 'save');
  assert.deepEqual(await running.storyUntilMarker(root), ['delete d/sub/c', 'change d/f']);
});
