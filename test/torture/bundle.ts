/** Makes the load programs start fast: each is compiled into one file, as the command itself is. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const LOAD = fileURLToPath(new URL('load/', import.meta.url));

/** Compiles all of `load/` into a directory, as `NAME.mjs`. */
export function bundleLoad(outdir: string): void {
  buildSync({
    entryPoints: readdirSync(LOAD).map((file) => join(LOAD, file)),
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
  });
}
