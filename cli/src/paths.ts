/**
 * Where waitbus keeps its files: from the environment and the platform. The public names of
 * the directories and their overrides stand in docs/reference.md.
 */
import { lstatSync } from 'node:fs';
import { homedir, tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';

export interface Paths {
  /** Default: XDG state, or ~/Library/Application Support on macOS. */
  readonly stateDir: string;
  /** Default: below XDG_RUNTIME_DIR or /run/user/UID, else a directory under the temporary one. */
  readonly runtimeDir: string;
  /** Default: XDG config. */
  readonly configDir: string;
  readonly store: string;
  readonly socket: string;
  readonly spool: string;
  readonly daemonLog: string;
  /** The state directories of the sources' processes. */
  readonly sources: string;
  /** Source packages that were added, each in a prefix of its own. */
  readonly plugins: string;
  readonly secrets: string;
  /** The user's pins: WAITBUS_LOCKFILE, or plugins.lock.json in the configuration directory. */
  readonly lockfile: string;
}

export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly platform: NodeJS.Platform;
  readonly uid: number;
  readonly home: string;
  readonly tmp: string;
  /** The system's place for the user's runtime files, where nobody else may write; '': none. */
  readonly userRuntime?: string;
}

export function resolvePaths(surroundings: Surroundings = ours()): Paths {
  const { env, platform, uid, tmp } = surroundings;
  // Who names all directories needs no home: a container's user may have none.
  const home = (...names: string[]) => join(surroundings.home, ...names);
  const library = (...names: string[]) =>
    home('Library', 'Application Support', 'waitbus', ...names);
  const mac = platform === 'darwin';
  // A daemon is started elsewhere, and must mean the same directories.
  const stateDir = resolve(
    env['WAITBUS_STATE_DIR'] ||
      below(env['XDG_STATE_HOME']) ||
      (mac ? library() : home('.local', 'state', 'waitbus')),
  );
  const runtimeDir = resolve(
    env['WAITBUS_RUNTIME_DIR'] ||
      below(env['XDG_RUNTIME_DIR'] || surroundings.userRuntime) ||
      join(tmp, `waitbus-${uid}`),
  );
  const configDir = resolve(
    env['WAITBUS_CONFIG_DIR'] ||
      below(env['XDG_CONFIG_HOME']) ||
      (mac ? library('config') : home('.config', 'waitbus')),
  );
  return {
    stateDir,
    runtimeDir,
    configDir,
    store: join(stateDir, 'events.db'),
    socket: join(runtimeDir, 'broadcast.sock'),
    spool: join(stateDir, 'spool'),
    daemonLog: join(stateDir, 'daemon.log'),
    sources: join(stateDir, 'sources'),
    plugins: join(stateDir, 'plugins'),
    secrets: join(stateDir, 'secrets.json'),
    lockfile: resolve(env['WAITBUS_LOCKFILE'] || join(configDir, 'plugins.lock.json')),
  };
}

function below(directory: string | undefined): string {
  return directory ? join(directory, 'waitbus') : '';
}

function ours(): Surroundings {
  const uid = process.getuid?.() ?? -1;
  return {
    env: process.env,
    platform: process.platform,
    uid,
    get home() {
      // HOME= is as good as none.
      return homedir() || userInfo().homedir;
    },
    tmp: tmpdir(),
    get userRuntime() {
      return process.platform === 'linux' ? ownOrNone(`/run/user/${uid}`, uid) : '';
    },
  };
}

/** Set up at a login; a shell without one, as of cron, may mean the same daemon. */
function ownOrNone(directory: string, uid: number): string {
  const stat = lstatSync(directory, { throwIfNoEntry: false });
  const isOwn = stat?.isDirectory() === true && stat.uid === uid && (stat.mode & 0o022) === 0;
  return isOwn ? directory : '';
}
