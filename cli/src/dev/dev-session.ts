/**
 * A daemon for one source under development: in this process, in temporary directories, ended with
 * everything in it. Restarts the source when told to; tells what happens.
 */
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { KernelLog } from '@waitbus/kernel';
import { DaemonConnection } from '../client/connection.js';
import { stream, type StreamFrame } from '../client/stream.js';
import { DEFAULT_CONFIG } from '../config/config.js';
import { startDaemon, type Daemon } from '../daemon/daemon.js';
import { forkWith, type ForkSource, type HowToRun } from '../host/child.js';
import type { InstalledSource } from '../host/inventory.js';
import { PATIENCE } from '../host/supervision.js';
import { findInstallation } from '../installation.js';
import { resolvePaths, type Paths } from '../paths.js';

export interface DevOptions {
  /** Read anew at each restart. */
  readonly readSource: () => InstalledSource;
  /** The source's section of the configuration. */
  readonly config: unknown;
  /** The directory that it concerns, as a waiter's working directory does. */
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: KernelLog;
  readonly onFrame: (frame: StreamFrame) => void;
}

type Place = 'WAITBUS_STATE_DIR' | 'WAITBUS_RUNTIME_DIR' | 'WAITBUS_CONFIG_DIR';

export class DevSession {
  /** The variables that let a command of another terminal find this daemon. */
  readonly places: Readonly<Record<Place, string>>;
  readonly #options: DevOptions;
  readonly #directory = realpathSync(mkdtempSync(join(tmpdir(), 'waitbus-dev-')));
  readonly #paths: Paths;
  readonly #ending = new AbortController();
  readonly #children = new Set<Promise<void>>();
  #source: InstalledSource;
  #daemon: Daemon | null = null;
  #following: Promise<void> = Promise.resolve();

  constructor(options: DevOptions) {
    this.#options = options;
    this.#source = options.readSource();
    this.places = {
      WAITBUS_STATE_DIR: join(this.#directory, 'state'),
      WAITBUS_RUNTIME_DIR: join(this.#directory, 'run'),
      WAITBUS_CONFIG_DIR: join(this.#directory, 'config'),
    };
    this.#paths = resolvePaths({
      env: this.places,
      platform: process.platform,
      uid: process.getuid?.() ?? -1,
      home: this.#directory,
      tmp: this.#directory,
    });
  }

  /** Resolves once the daemon serves and the source has been asked for. */
  async start(onLost: (error: Error) => void): Promise<void> {
    const { config, env, log } = this.#options;
    mkdirSync(this.places.WAITBUS_CONFIG_DIR);
    const { name } = this.#source;
    this.#daemon = await startDaemon({
      paths: this.#paths,
      installation: findInstallation(),
      config: { ...DEFAULT_CONFIG, sources: { [name]: config } },
      env,
      log,
      onStopRequest: () => onLost(new Error('a client asked it to stop')),
      onLost,
      unpinned: {
        takeInventory: async () => ({ sources: new Map([[name, this.#source]]), problems: [] }),
        patience: { ...PATIENCE, backoff: () => null },
        fork: this.#remembering(forkWith(findInstallation().sourceRunner, env, withTypeScript())),
      },
    });
    this.#following = this.#follow(name);
  }

  /** Reads the package again and starts the source anew, whatever became of it. */
  async restart(): Promise<void> {
    const before = JSON.stringify(this.#source);
    this.#source = this.#options.readSource();
    const { name } = this.#source;
    const isSame = JSON.stringify(this.#source) === before;
    const connection = await DaemonConnection.open(this.#paths.socket);
    try {
      await connection.request(
        isSame ? { op: 'restart_source', source: name } : { op: 'plugins_changed' },
      );
    } finally {
      connection.close();
    }
  }

  /** Resolves when no process and no file of it is left. */
  async close(): Promise<void> {
    this.#ending.abort();
    await this.#following;
    this.#daemon?.stop();
    await Promise.all(this.#children);
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }

  /** Being interested in the source is what keeps it running. */
  async #follow(name: string): Promise<void> {
    const { cwd, onFrame } = this.#options;
    const options = { paths: this.#paths, autostart: false, signal: this.#ending.signal };
    for await (const frame of stream({ sources: [name], cwd }, options)) onFrame(frame);
  }

  #remembering(fork: ForkSource): ForkSource {
    return (source, stateDir, events) => {
      let exited: () => void = () => undefined;
      const gone = new Promise<void>((resolve) => (exited = resolve));
      this.#children.add(gone);
      const onExit = (how: string) => {
        this.#children.delete(gone);
        exited();
        events.onExit(how);
      };
      return fork(source, stateDir, { ...events, onExit });
    };
  }
}

/**
 * A Node that runs TypeScript. Its compiler is a program of its own in a thread of its own, which
 * the permission model would refuse.
 */
function withTypeScript(): HowToRun {
  const loader = createRequire(import.meta.url).resolve('tsx');
  return {
    execPath: process.execPath,
    version: process.versions.node,
    unrestricted: ['--import', pathToFileURL(loader).href],
  };
}
