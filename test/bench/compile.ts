/** Compiles the programs once, so that each starts as bare Node does. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { REPO } from '../support/sandbox.js';

const SOURCES = join(REPO, 'test', 'bench', 'programs');
const COMPILED = join(REPO, 'test', 'bench', '.build');

export type ProgramName = 'producer' | 'subscribers' | 'floor-relay';

export async function compilePrograms(): Promise<void> {
  await build({
    entryPoints: readdirSync(SOURCES).map((file) => join(SOURCES, file)),
    outdir: COMPILED,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
  });
}

/** The file to run. */
export function compiled(name: ProgramName): string {
  return join(COMPILED, `${name}.mjs`);
}
