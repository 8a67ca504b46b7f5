/**
 * Bundles each first-party source that has code into one module, with what it imports inside: the
 * hash in plugins.lock.json covers all of it, and no newer release of a dependency can come between.
 * What a package.json keeps among its dependencies stays outside: native code cannot be bundled.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { licensesOf } from './licenses.mjs';

const plugins = fileURLToPath(new URL('../plugins/', import.meta.url));
const packages = readdirSync(plugins).filter((name) =>
  existsSync(join(plugins, name, 'src/index.ts')),
);

await Promise.all(packages.map((name) => bundle(join(plugins, name))));

async function bundle(directory) {
  const { dependencies = {} } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  const dist = join(directory, 'dist');
  mkdirSync(dist, { recursive: true });
  // Beside the place, then moved there: a source that starts meanwhile finds a whole module.
  const next = join(dist, `.index-${process.pid}.js`);
  const { metafile } = await build({
    absWorkingDir: directory,
    metafile: true,
    entryPoints: ['src/index.ts'],
    outfile: next,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    external: Object.keys(dependencies),
    legalComments: 'inline',
    logLevel: 'warning',
  });
  const licenses = licensesOf([metafile], directory);
  if (licenses !== '') writeFileSync(join(dist, 'THIRD-PARTY-LICENSES.txt'), licenses);
  renameSync(next, join(dist, 'index.js'));
}
