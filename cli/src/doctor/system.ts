/** What waitbus stands on: the running Node, and what the system lets a user watch. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import satisfies from 'semver/functions/satisfies.js';
import type { Installation } from '../installation.js';
import { ok, problem, warning, type Finding } from './finding.js';

export function checkNode({ packageRoot }: Installation, version: string): Finding {
  const text = readFileSync(join(packageRoot, 'package.json'), 'utf8');
  const { engines } = JSON.parse(text) as { engines: { node: string } };
  if (satisfies(version, engines.node)) return ok('node', version);
  const message = `Node ${version} runs this; waitbus needs ${engines.node}`;
  return problem('node', message, 'node --version shows the one on PATH; install a newer one');
}

/** A directory takes a watch, and every process that watches an instance. */
const LIMITS = [
  ['max_user_watches', 16_384, 524_288],
  ['max_user_instances', 64, 1024],
] as const;

/** Linux only; elsewhere there is nothing to look at. */
export function checkInotify(read: (name: string) => number | null = limitOf): Finding[] {
  const found = LIMITS.flatMap(([name, enough, wanted]) => {
    const limit = read(name);
    if (limit === null || limit >= enough) return [];
    const message = `fs.inotify.${name} is ${limit}: a larger tree cannot be watched`;
    return [warning('inotify', message, `sudo sysctl -w fs.inotify.${name}=${wanted}`)];
  });
  if (found.length > 0) return found;
  const watches = read('max_user_watches');
  return watches === null ? [] : [ok('inotify', `${watches} watches`)];
}

function limitOf(name: string): number | null {
  try {
    return Number(readFileSync(`/proc/sys/fs/inotify/${name}`, 'utf8'));
  } catch {
    return null;
  }
}
