/**
 * Fuzzes one target until it is killed. Before each input its number goes into a file, so that the
 * runner knows it even of one that never comes back; an input that breaks something is told and kept.
 *
 *   worker.ts TARGET SEED FILE
 */
import { openSync, writeSync } from 'node:fs';
import { inputOf, keep } from './target.js';
import { TARGETS } from './targets/index.js';

const [name = '', seed = '', file = ''] = process.argv.slice(2);
const target = TARGETS[name]?.();
if (target === undefined) throw new Error(`no target ${name}`);
const progress = openSync(file, 'w');

for (let index = 0; ; index += 1) {
  writeSync(progress, String(index).padEnd(16), 0);
  const { input, random } = inputOf(target, Number(seed), index);
  try {
    await target.check(input, random);
  } catch (error) {
    process.send?.({ index, file: keep(name, 'broke', input), message: (error as Error).message });
  }
}
