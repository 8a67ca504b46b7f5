/** A system that is short of descriptors is not taken for one that cannot confine. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { test } from 'node:test';
import { confinement } from '../../src/os/confine/confine.js';
import { landlockAbi } from '../../src/os/confine/landlock.js';

const prlimit = process.platform === 'linux' && spawnSync('prlimit', ['--version']).status === 0;
const held = prlimit && process.arch === 'x64' && landlockAbi() >= 3;

test('without descriptors it cannot be told, and is tried again', { skip: !held }, () => {
  const limited = spawnSync('prlimit', ['--pid', String(process.pid), '--nofile=128:']);
  assert.equal(limited.status, 0, String(limited.stderr));
  const taken: number[] = [];
  assert.throws(() => {
    for (;;) taken.push(openSync('/dev/null', 'r'));
  }, /EMFILE/);
  assert.throws(confinement, { errno: -24 });
  taken.forEach((fd) => closeSync(fd));
  assert.notEqual(confinement(), null);
});
