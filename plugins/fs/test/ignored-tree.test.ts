/**
 * What is ignored costs nothing: 100,000 files in ignored directories (a million would show no more
 * and take this test minutes to make) get no watch, are not even listed, and add no time.
 */
import assert from 'node:assert/strict';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { is, sh, startSource, temporaryDirectory } from './harness.js';

/** How many inotify watches this process has. */
function watches(): number {
  let count = 0;
  for (const fd of readdirSync('/proc/self/fd')) {
    try {
      if (!readlinkSync(`/proc/self/fd/${fd}`).includes('inotify')) continue;
      count += readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8').split('inotify wd:').length - 1;
    } catch {
      // The descriptor of this very listing, closed again.
    }
  }
  return count;
}

const read = (directory: string): bigint => statSync(directory, { bigint: true }).atimeNs;

test('a tree of 100,000 ignored files costs no watch, no listing and no time', async (t) => {
  const [plain, full] = [temporaryDirectory(t), temporaryDirectory(t)];
  for (const root of [plain, full]) {
    for (let n = 0; n < 20; n += 1) mkdirSync(join(root, `src/d${n}`), { recursive: true });
    writeFileSync(join(root, '.gitignore'), 'out/\n');
  }
  const script = `
import os
for d in range(100):
    os.makedirs('out/d%d' % d)
    for f in range(1000): os.close(os.open('out/d%d/f%d' % (d, f), os.O_CREAT | os.O_WRONLY))`;
  await sh(`python3 -c "${script}"`, full);
  const before = { out: read(join(full, 'out')), source: read(join(full, 'src')) };

  const armed = { plain: Infinity, full: Infinity };
  const watching = { plain: 0, full: 0 };
  for (let round = 0; round < 5; round += 1) {
    for (const [kind, root] of [
      ['plain', plain],
      ['full', full],
    ] as const) {
      const idle = watches();
      const began = performance.now();
      const running = await startSource(t, [root]);
      armed[kind] = Math.min(armed[kind], performance.now() - began);
      watching[kind] = watches() - idle;
      running.stop();
    }
  }
  t.diagnostic(
    `armed in ${armed.full.toFixed(1)} ms with 100,000 ignored files, ` +
      `in ${armed.plain.toFixed(1)} ms without`,
  );
  assert.equal(watching.full, watching.plain);
  assert.ok(watching.full >= 22, `${watching.full} watches on 22 directories`);
  assert.equal(read(join(full, 'out')), before.out, 'the ignored directory was listed');
  // The kernel notes the first listing of a new directory unless the file system is told not to.
  if (read(join(full, 'src')) === before.source) t.diagnostic('no access times here');

  const running = await startSource(t, [full]);
  await sh('for n in $(seq 200); do echo x > out/d7/f$n; done; rm -r out/d8', full);
  await sh('echo x > src/d3/f', full);
  await running.waitFor(is('fs_change', join(full, 'src/d3/f')), 'save');
  assert.deepEqual(await running.storyUntilMarker(full), ['change src/d3/f']);
});
