/** Lockfiles: refused with the file and the problem, or canonical to the byte; no prototype changes. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatLockfile, parseLockfile } from '@waitbus/plugin-sdk/lockfile';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { REPO } from '../../support/sandbox.js';
import { mutate, mutateJson } from '../mutate.js';
import { assertUnpolluted } from '../pollution.js';
import type { Target } from '../target.js';

const SEEDS = [
  readFileSync(join(REPO, 'plugins.lock.json')),
  Buffer.from('{\n  "lockfileVersion": 1,\n  "plugins": {}\n}\n'),
];

export const lockfile: Target = {
  name: 'lockfile',
  make: (random) => {
    if (random(3) === 0) return mutate(random, SEEDS);
    const seed = SEEDS[random(SEEDS.length)]?.toString() ?? '';
    // Laid out as a canonical file is, so that only what was changed can be wrong.
    return Buffer.from(
      formatLockfile(JSON.parse(mutateJson(random, seed)) as Parameters<typeof formatLockfile>[0]),
    );
  },
  check: (input) => {
    const text = input.toString('utf8');
    try {
      const lock = parseLockfile(text, 'the-file');
      assert.equal(formatLockfile(lock), text, 'accepted, and not canonical');
      assert.equal(Object.getPrototypeOf(lock.plugins), Object.prototype);
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
      assert.ok(error instanceof WaitbusError, String(error));
      assert.equal(error.code, 'WAITBUS_BAD_LOCKFILE');
      assert.ok(error.message.startsWith('the-file:'), error.message);
    } finally {
      assertUnpolluted();
    }
  },
};
