/** Compiles programs that tests and benchmarks run, so that each starts as bare Node does. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

/** Every file of a directory, as `NAME.mjs` in another; packages are resolved from there. */
export async function compileInto(outdir: string, sources: string): Promise<void> {
  await build({
    entryPoints: readdirSync(sources).map((file) => join(sources, file)),
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
  });
}
