/** Finds the peers' programs, and installs them where that is allowed. */
import { spawnSync } from 'node:child_process';
import type { SystemName } from './systems/clients.js';

const PROGRAMS: readonly { readonly system: SystemName; readonly program: string }[] = [
  { system: 'redis', program: 'redis-server' },
  { system: 'nats', program: 'nats-server' },
];

export interface Peers {
  /** The version lines of those that are there. */
  readonly versions: Readonly<Record<string, string>>;
  readonly present: readonly SystemName[];
  /** What is not there, why, and what mends it. */
  readonly skipped: readonly string[];
}

export function findPeers(mayInstall: boolean, say: (text: string) => void): Peers {
  const missing = PROGRAMS.filter(({ program }) => versionOf(program) === null);
  if (missing.length > 0 && mayInstall && canInstall()) {
    const packages = missing.map(({ program }) => program);
    say(`installing ${packages.join(' ')} with apt-get (--no-install forbids it)`);
    install(packages);
  }
  const versions: Record<string, string> = {};
  const present: SystemName[] = ['waitbus', 'floor'];
  const skipped: string[] = [];
  for (const { system, program } of PROGRAMS) {
    const version = versionOf(program);
    if (version === null) {
      skipped.push(`${system}: ${program} not found; apt-get install ${program}`);
      continue;
    }
    versions[system] = version;
    present.push(system);
  }
  return { versions, present, skipped };
}

function versionOf(program: string): string | null {
  const { status, stdout, stderr } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  return status === 0 ? ((stdout + stderr).trim().split('\n')[0] ?? '') : null;
}

function canInstall(): boolean {
  return process.getuid?.() === 0 && spawnSync('apt-get', ['--version']).status === 0;
}

function install(packages: readonly string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args: string[]) =>
    spawnSync('apt-get', ['-qq', ...args], { env, stdio: ['ignore', 'ignore', 2] });
  apt('update');
  apt('install', '-y', '--no-install-recommends', ...packages);
}
