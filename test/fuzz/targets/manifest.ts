/** Manifests: refused with every problem, or read the same by both readers; and no prototype changes. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MANIFEST_KEY, readPinnedManifest } from '@waitbus/plugin-sdk/manifest';
import { readManifest } from '@waitbus/plugin-sdk/manifest/check';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { REPO } from '../../support/sandbox.js';
import { mutate, mutateJson } from '../mutate.js';
import { assertUnpolluted } from '../pollution.js';
import type { Target } from '../target.js';

const SEEDS = ['fs', 'pytest', 'agent'].map((name) => {
  const { [MANIFEST_KEY]: sources, ...text } = JSON.parse(
    readFileSync(join(REPO, 'plugins', name, 'package.json'), 'utf8'),
  ) as Record<string, unknown>;
  const { name: packageName, version, engines } = text;
  return Buffer.from(
    JSON.stringify({ name: packageName, version, engines, [MANIFEST_KEY]: sources }),
  );
});

export const manifest: Target = {
  name: 'manifest',
  make: (random) => {
    const seed = SEEDS[random(SEEDS.length)]?.toString() ?? '';
    return random(4) === 0 ? mutate(random, SEEDS) : Buffer.from(mutateJson(random, seed));
  },
  check: (input) => {
    const text = input.toString('utf8');
    try {
      const read = readManifest(text, 'the-file');
      assert.ok(Object.keys(read.sources).length > 0);
      for (const name of Object.keys(read.sources)) assert.match(name, /^[a-z][a-z0-9_-]{0,31}$/);
      assert.deepEqual(readPinnedManifest(text), read, 'the two readers differ');
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
      assert.ok(error instanceof WaitbusError, String(error));
      assert.equal(error.code, 'WAITBUS_BAD_MANIFEST');
      assert.match(error.message, /^the-file: \S/);
      assert.ok(error.problems.every((problem) => /^\S.*$/.test(problem)));
    } finally {
      assertUnpolluted();
    }
  },
};
