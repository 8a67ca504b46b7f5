/**
 * Where the harnesses are kept between runs, and how they get there: each in a directory of its own,
 * from the registry, one at a time, whole or not at all. 100 to 400 MB each.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { OPENCODE_PLUGIN, VERSIONS, type RealHarness, type Release } from './versions.js';

/** A slow line needs minutes for one. */
const INSTALL_LIMIT_MS = 10 * 60_000;

export function cacheDirectory(env: NodeJS.ProcessEnv = process.env): string {
  const own = env['WAITBUS_HARNESS_CACHE'];
  if (own !== undefined && own !== '') return own;
  return join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'waitbus-harnesses');
}

function directoryOf({ package: id, version }: Omit<Release, 'program'>): string {
  return join(cacheDirectory(), `${id.replace('@', '').replace('/', '-')}@${version}`);
}

/** @returns the harness's program, or null where it is not in the cache */
export function programOf(name: RealHarness): string | null {
  const directory = directoryOf(VERSIONS[name]);
  const program = join(directory, 'node_modules', '.bin', VERSIONS[name].program);
  return isComplete(directory) && existsSync(program) ? program : null;
}

/** @returns a directory with what opencode lays beside its configuration, or null where there is none */
export function opencodePlugin(): string | null {
  const directory = directoryOf(OPENCODE_PLUGIN);
  return isComplete(directory) ? directory : null;
}

function isComplete(directory: string): boolean {
  return existsSync(join(directory, '.complete'));
}

/** @returns null when it is there, else why it could not be had */
export async function install(name: RealHarness): Promise<string | null> {
  const failure = programOf(name) === null ? await lay(VERSIONS[name]) : null;
  if (failure !== null || name !== 'opencode' || opencodePlugin() !== null) return failure;
  return lay(OPENCODE_PLUGIN);
}

async function lay(release: Omit<Release, 'program'>): Promise<string | null> {
  const { package: id, version } = release;
  const directory = directoryOf(release);
  const fresh = `${directory}.${process.pid}`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  // Newer npm runs only the install scripts that are allowed; these put the program in its place.
  const manifest = { private: true, allowScripts: { [id]: true } };
  writeFileSync(join(fresh, 'package.json'), JSON.stringify(manifest));
  const failure = await npmInstall(fresh, `${id}@${version}`);
  if (failure !== null) {
    rmSync(fresh, { recursive: true, force: true });
    return failure;
  }
  writeFileSync(join(fresh, '.complete'), '');
  rmSync(directory, { recursive: true, force: true });
  renameSync(fresh, directory);
  return null;
}

function npmInstall(cwd: string, what: string): Promise<string | null> {
  const args = ['install', '--no-audit', '--no-fund', '--save-exact', '--loglevel=error', what];
  const child = spawn('npm', args, {
    cwd,
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: INSTALL_LIMIT_MS,
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (more: string) => (said += more));
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => {
      const last = said.trim().split('\n').slice(0, 3).join('; ');
      resolve(code === 0 ? null : `npm ended with ${code ?? signal}: ${last}`);
    });
  });
}
