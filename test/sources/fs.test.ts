/** The fs source with a real daemon, where the system gives it no more watches. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Sandbox, WAITBUS } from '../support/sandbox.js';

/** A user namespace has a limit of its own; the machine's is left as it is. */
const LIMIT = '/proc/sys/user/max_inotify_watches';
const LIMITED = ['--user', '--map-root-user', 'sh', '-c', `echo 12 > ${LIMIT} && exec "$@"`, 'sh'];

const skip =
  spawnSync('unshare', [...LIMITED, 'true']).status === 0
    ? false
    : 'no user namespace with a limit of its own can be had here';

test('at the limit of watches a wait ends with the sysctl that raises it', { skip }, async () => {
  await using box = new Sandbox();
  for (let n = 0; n < 20; n += 1) mkdirSync(join(box.work, `d${n}`));
  const wait = box.start('unshare', [
    ...LIMITED,
    ...[process.execPath, WAITBUS, 'wait', '--source', 'fs', '--timeout', '60s'],
  ]);
  const { code, stderr } = await wait.ended;
  assert.notEqual(code, 0);
  assert.notEqual(code, 124, stderr);
  assert.match(stderr, /limit of inotify watches is reached \(ENOSPC\)/);
  assert.match(stderr, /sudo sysctl fs\.inotify\.max_user_watches=\d+/);
});
