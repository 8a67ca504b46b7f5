/** A tarball that is a bomb, or whose files come with rights that nobody gave. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  createReadStream,
  createWriteStream,
  mkdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { test } from 'node:test';
import { createGzip } from 'node:zlib';
import { create } from 'tar';
import { unpack, unpackable } from '../../cli/src/plugins/unpack.js';
import { Sandbox } from '../support/sandbox.js';

const MIB = 1024 * 1024;

function* zeros(bytes: number): Generator<Buffer> {
  const chunk = Buffer.alloc(MIB);
  for (let left = bytes; left > 0; left -= chunk.length) yield chunk;
}

async function packed(directory: string, mode: number): Promise<string> {
  mkdirSync(join(directory, 'package'), { recursive: true });
  const file = join(directory, 'package', 'run');
  writeFileSync(file, 'text');
  chmodSync(file, mode);
  const tarball = join(directory, 'a.tgz');
  await create({ gzip: true, file: tarball, cwd: directory }, ['package']);
  return tarball;
}

test('a bomb behind the end of the archive ends at the cap', async () => {
  await using box = new Sandbox();
  const small = await packed(box.work, 0o644);
  const tarball = join(box.work, 'bomb.tgz');
  await pipeline(createReadStream(small), createWriteStream(tarball));
  await pipeline(
    Readable.from(zeros(64 * MIB)),
    createGzip(),
    createWriteStream(tarball, { flags: 'a' }),
  );
  const room = { bytes: 8 * MIB, files: 100 };
  await assert.rejects(unpackable(tarball, room), /more than 8388608 bytes/);
  assert.equal(statSync(tarball).size < MIB, true);
});

test('packages share one cap, and one that is packed twice is refused', async () => {
  await using box = new Sandbox();
  const tarball = await packed(box.work, 0o644);
  const left = await unpack(tarball, join(box.work, 'one'), { bytes: 20_000, files: 5 });
  assert.equal(left.files < 5 && left.bytes < 20_000, true);
  await assert.rejects(
    unpack(tarball, join(box.work, 'two'), { bytes: 10, files: 5 }),
    /more than/,
  );
  const twice = join(box.work, 'twice.tgz');
  await pipeline(createReadStream(tarball), createGzip(), createWriteStream(twice));
  await assert.rejects(unpackable(twice), /packed twice/);
});

test('setuid, setgid and what all may write do not come out of a tarball', async () => {
  for (const [mode, expected] of [
    [0o6755, 0o755],
    [0o4711, 0o755],
    [0o666, 0o644],
    [0o600, 0o644],
    [0o1777, 0o755],
  ] as const) {
    await using box = new Sandbox();
    const tarball = await packed(box.work, mode);
    const before = process.umask(0);
    try {
      await unpack(tarball, join(box.work, 'out'), { bytes: MIB, files: 10 });
    } finally {
      process.umask(before);
    }
    const found = statSync(join(box.work, 'out', 'run')).mode & 0o7777;
    assert.equal(found.toString(8), expected.toString(8));
  }
});
