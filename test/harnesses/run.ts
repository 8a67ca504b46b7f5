/**
 * `npm run test:harnesses`: fetches the harnesses, says which cannot be had, and runs what drives them.
 * Words behind `--` choose test files, as in `npm test`.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { REPO } from '../support/sandbox.js';
import { cacheDirectory, install } from './cache.js';
import { REAL_HARNESSES, VERSIONS } from './versions.js';

const say = (line: string) => process.stderr.write(`${line}\n`);

say(`harnesses in ${cacheDirectory()}`);
for (const name of REAL_HARNESSES) {
  const { package: id, version } = VERSIONS[name];
  const failure = await install(name);
  say(failure === null ? `  ${id} ${version}` : `  ${id} ${version} cannot be had: ${failure}`);
}

const words = process.argv.slice(2);
const chosen = words.length === 0 ? [join('test', 'harnesses')] : words;
const { status } = spawnSync(
  process.execPath,
  ['--import', 'tsx', join(REPO, 'test', 'run.mjs'), ...chosen],
  { cwd: REPO, stdio: 'inherit', env: { ...process.env, WAITBUS_HARNESSES: '1' } },
);
process.exitCode = status ?? 1;
