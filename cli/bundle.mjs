/**
 * Bundles the `waitbus` command: one entry file whose parts load when they are needed, the runner of
 * source processes, and the tool that writes the workspace's lock. Native packages and those that
 * only the daemon loads stay outside.
 */
import { chmodSync, copyFileSync, existsSync, renameSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));
/** Beside the place, then moved there: a command that starts meanwhile finds all of it. */
const next = `${here}dist/bin-${process.pid}`;
await build({
  absWorkingDir: here,
  entryPoints: {
    waitbus: 'src/main.ts',
    'source-runner': '../plugin-sdk/src/child/main.ts',
    'lock-workspace': 'src/lock-workspace.ts',
  },
  outdir: next,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  chunkNames: 'parts/[name]-[hash]',
  external: ['better-sqlite3', 'koffi', 'pino', 'cosmiconfig', 'zod', 'semver'],
  banner: { js: '#!/usr/bin/env node' },
  legalComments: 'none',
  logLevel: 'warning',
});
chmodSync(`${next}/waitbus.js`, 0o755);
rmSync(`${here}dist/bin`, { recursive: true, force: true });
renameSync(next, `${here}dist/bin`);
const lock = `${here}../plugins.lock.json`;
if (existsSync(lock)) copyFileSync(lock, `${here}dist/plugins.lock.json`);
