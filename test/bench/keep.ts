/** Where the results of a run go: its JSON, the picture, and the table in the documentation. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPO } from '../support/sandbox.js';
import { writeDocument } from './document.js';
import type { Options } from './options.js';
import { pictureOf } from './picture.js';
import type { Results } from './results.js';

const RESULTS = join(REPO, 'test', 'bench', 'results');

/**
 * Writes the JSON. Only a full run without a problem takes the place of the last one and of what is
 * shown of it; another draws its picture only where it was told to write.
 * @returns the JSON's path
 */
export async function keep({ quick, only, out }: Options, results: Results): Promise<string> {
  const directory = out ?? RESULTS;
  const isWhole = !quick && only.length === 0 && results.problems.length === 0;
  const name = quick ? 'quick.json' : isWhole ? 'latest.json' : 'partial.json';
  mkdirSync(directory, { recursive: true });
  const file = join(directory, name);
  writeFileSync(file, `${JSON.stringify(results, null, 1)}\n`);
  if (isWhole || out !== null) {
    writeFileSync(join(directory, 'latency-throughput.svg'), pictureOf(results));
  }
  if (isWhole && out === null) await writeDocument(results);
  return file;
}
