/**
 * `npm run test:harnesses`: fetches the harnesses, says which cannot be had, and runs what drives them.
 * Words behind `--` choose test files, as in `npm test`; `--sweep 5,10,20` runs the sweep alone, with so
 * many agents, and `--out FILE` writes its verdict.
 */
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { REPO } from '../support/sandbox.js';
import { cacheDirectory, install } from './cache.js';
import { REAL_HARNESSES, VERSIONS } from './versions.js';

const { values, positionals: words } = parseArgs({
  options: { sweep: { type: 'string' }, out: { type: 'string' } },
  allowPositionals: true,
});
const { sweep, out } = values;
if (sweep !== undefined && !/^\d+(,\d+)*$/.test(sweep)) {
  throw new Error('--sweep takes numbers of agents, such as 5,10,20');
}

const say = (line: string) => process.stderr.write(`${line}\n`);

say(`harnesses in ${cacheDirectory()}`);
for (const name of REAL_HARNESSES) {
  const { package: id, version } = VERSIONS[name];
  const failure = await install(name);
  say(failure === null ? `  ${id} ${version}` : `  ${id} ${version} cannot be had: ${failure}`);
}

const chosen =
  words.length > 0 ? words : [join('test', 'harnesses', sweep === undefined ? '' : 'sweep')];
const { status } = spawnSync(
  process.execPath,
  ['--import', 'tsx', join(REPO, 'test', 'run.mjs'), ...chosen],
  { cwd: REPO, stdio: 'inherit', env: { ...process.env, ...environment() } },
);
process.exitCode = status ?? 1;

function environment(): NodeJS.ProcessEnv {
  return {
    WAITBUS_HARNESSES: '1',
    ...(out === undefined ? {} : { WAITBUS_SWEEP_OUT: resolve(out) }),
    // A quarter of an hour for each number of agents.
    ...(sweep === undefined
      ? {}
      : {
          WAITBUS_SWEEP: sweep,
          WAITBUS_TEST_FILE_LIMIT_S: String(sweep.split(',').length * 900),
        }),
  };
}
