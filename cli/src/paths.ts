/**
 * Where waitbus keeps its files: pure, from the environment and the platform. The public names of
 * the directories and their overrides stand in docs/reference.md.
 */
import { homedir, tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';

export interface Paths {
  /** Default: XDG state, or ~/Library/Application Support on macOS. */
  readonly stateDir: string;
  /** Default: $XDG_RUNTIME_DIR/waitbus, else a directory of the user's under the temporary one. */
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
      (env['XDG_STATE_HOME'] ? join(env['XDG_STATE_HOME'], 'waitbus') : '') ||
      (mac ? library() : home('.local', 'state', 'waitbus')),
  );
  const runtimeDir = resolve(
    env['WAITBUS_RUNTIME_DIR'] ||
      (env['XDG_RUNTIME_DIR'] ? join(env['XDG_RUNTIME_DIR'], 'waitbus') : '') ||
      join(tmp, `waitbus-${uid}`),
  );
  const configDir = resolve(
    env['WAITBUS_CONFIG_DIR'] ||
      (env['XDG_CONFIG_HOME'] ? join(env['XDG_CONFIG_HOME'], 'waitbus') : '') ||
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

function ours(): Surroundings {
  return {
    env: process.env,
    platform: process.platform,
    uid: process.getuid?.() ?? -1,
    get home() {
      // HOME= is as good as none.
      return homedir() || userInfo().homedir;
    },
    tmp: tmpdir(),
  };
}
