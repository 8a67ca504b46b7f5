/** The families of `--real`: the vendors' own CLIs, as far as they are on PATH. */
import { join } from 'node:path';
import { onPath, ourPlace, type Family } from '../families.js';
import { REAL } from './programs.js';

export function findRealFamilies(env: NodeJS.ProcessEnv): readonly Family[] {
  const { agents } = ourPlace();
  return Object.entries(REAL).map(([name, { title }]) => ({
    name,
    title: `${title}, its own CLI`,
    absent: onPath(name, env) ? null : `there is no ${name} on PATH`,
    program: process.execPath,
    args: [join(agents, 'real.js')],
    env: {},
    wrapped: false,
    listensAlways: true,
    claims: true,
  }));
}
