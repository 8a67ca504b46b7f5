/** Compiles the programs once, so that each starts as bare Node does. */
import { join } from 'node:path';
import { compileInto } from '../support/compile.js';
import { REPO } from '../support/sandbox.js';

const SOURCES = join(REPO, 'test', 'bench', 'programs');
const COMPILED = join(REPO, 'test', 'bench', '.build');

export type ProgramName = 'producer' | 'subscribers' | 'floor-relay';

export function compilePrograms(): Promise<void> {
  return compileInto(COMPILED, SOURCES);
}

/** The file to run. */
export function compiled(name: ProgramName): string {
  return join(COMPILED, `${name}.mjs`);
}
