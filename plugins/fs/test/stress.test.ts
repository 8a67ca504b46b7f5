/**
 * Random operations by another process, against what is on the disk at the end: a follower of the
 * events alone must know every file and its size.
 */
import assert from 'node:assert/strict';
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { is, sh, startSource, temporaryDirectory } from './harness.js';

const SCRIPT = `
import os, random, shutil, sys
random.seed(int(sys.argv[1]))
names = ['a', 'b', 'c', 'd']
def some(depth): return '/'.join(random.choice(names) for _ in range(random.randint(1, depth)))
for i in range(int(sys.argv[2])):
    p, q = some(4), some(4)
    try:
        op = random.choice(['write', 'write', 'write', 'mkdir', 'mkdirwrite', 'mv', 'mv', 'rm', 'rmtree', 'replace'])
        if op == 'write': open(p, 'w').write('x' * random.randint(0, 9))
        elif op == 'mkdir': os.makedirs(p)
        elif op == 'mkdirwrite': os.makedirs(p); open(p + '/f', 'w').write('x' * random.randint(0, 9))
        elif op == 'mv': os.rename(p, q)
        elif op == 'rm': os.unlink(p)
        elif op == 'rmtree': shutil.rmtree(p)
        elif op == 'replace':
            open(p + '.tmp', 'w').write('x' * random.randint(0, 9)); os.replace(p + '.tmp', p)
    except OSError: pass
`;

for (const seed of [1, 2, 3, 4, Number(process.env['WAITBUS_TEST_SEED'] ?? Date.now() % 100_000)]) {
  test(`a follower of the events knows the tree after random operations, seed ${seed}`, async (t) => {
    const root = temporaryDirectory(t);
    const running = await startSource(t, [root]);
    const program = join(temporaryDirectory(t), 'operations.py');
    writeFileSync(program, SCRIPT);
    await sh(`python3 ${program} ${seed} 3000`, root);
    await sh('find . -name "*.tmp" -delete', root);
    await running.storyUntilMarker(root);
    // Whatever is only looked at later (a name without a close) is so after a further round.
    await running.storyUntilMarker(root);
    const known = new Map<string, bigint>();
    for (const event of running.events) {
      const path = event.fields?.['path'] as string;
      if (event.event_type === 'fs_delete') known.delete(path);
      else known.set(path, event.fields?.['size'] as bigint);
    }
    const real = new Map<string, bigint>();
    for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile()) real.set(path, statSync(path, { bigint: true }).size);
    }
    assert.deepEqual([...known].sort(), [...real].sort());
    rmSync(root, { recursive: true });
    for (const path of real.keys())
      await running.waitFor(is('fs_delete', path), `deletion of ${path}`);
  });
}
