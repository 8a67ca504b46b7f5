/**
 * The daemon: kernel and source host put together. Start and stop read as a table of contents, and
 * stop reverses start.
 */
import { openKernel, type KernelLog } from '@waitbus/kernel';
import type { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { forkWith, type ForkSource } from '../host/child.js';
import { SourceHost } from '../host/host.js';
import { SourceProcesses } from '../host/source-processes.js';
import {
  takeInventory,
  verifyAgain,
  type InstalledSource,
  type Inventory,
} from '../host/inventory.js';
import type { Patience } from '../host/supervision.js';
import type { Installation } from '../installation.js';
import type { Paths } from '../paths.js';
import { grantedTo, readSecrets } from '../secrets.js';
import { SpoolIntake } from '../spool/intake.js';
import { loadConfig, type Config } from '../config/config.js';
import { answerConfigRequests } from './config-requests.js';
import { answerPluginRequests } from './plugin-requests.js';

/** A store up to this size is read within the time that a waiter does not notice. */
const VERIFIED_BYTES = 64 * 1024 * 1024;

export interface DaemonOptions {
  readonly paths: Paths;
  readonly installation: Installation;
  readonly config: Config;
  readonly env: NodeJS.ProcessEnv;
  readonly log: KernelLog;
  /** A client asked it to stop. */
  readonly onStopRequest: () => void;
  /** The store or the socket was removed: it must stop, so that the next one can serve. */
  readonly onLost: (error: WaitbusError) => void;
  /** `plugin dev` alone gives this; no configuration, variable or request leads here. */
  readonly unpinned?: Unpinned;
}

/** What runs in place of what is installed, whatever the lock says. */
export interface Unpinned {
  readonly takeInventory: () => Promise<Inventory>;
  readonly fork: ForkSource;
  readonly patience: Patience;
}

export interface Daemon {
  stop(): void;
}

/** @throws WaitbusError when another daemon serves, or the store or socket cannot be had */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { paths, installation, config, env, log, unpinned } = options;
  const { maxAge, maxSize } = config.retention;
  const started = Date.now();
  const processes = new SourceProcesses();

  const kernel = openKernel({
    paths: { store: paths.store, socket: paths.socket },
    log,
    durability: config.durability,
    retention: {
      ...(maxAge === undefined ? {} : { maxAgeMs: maxAge }),
      ...(maxSize === undefined ? {} : { maxBytes: maxSize }),
    },
    onLost: options.onLost,
    // A source emits over its channel alone, under its own name.
    isBarred: (pid) => processes.has(pid),
    // What a full disk kept in the spool is tried again.
    onHeartbeat: () => void intake.run(),
    describe: () => ({
      version: installation.version,
      pid: process.pid,
      uptime: Math.round((Date.now() - started) / 1000),
      store: paths.store,
      socket: paths.socket,
      log: paths.daemonLog,
      sources: host.list(),
    }),
  });
  const intake = new SpoolIntake({ directory: paths.spool, publish: kernel.publish, log });
  const look = async () => {
    const inventory = await (unpinned?.takeInventory() ?? takeInventory(installation, paths));
    for (const { message, remedy } of inventory.problems) log.warn({ remedy }, message);
    return inventory;
  };
  let host: SourceHost;
  try {
    host = new SourceHost({
      inventory: await look(),
      fork: processes.remembering(unpinned?.fork ?? forkWith(installation.sourceRunner, env)),
      stateDir: paths.sources,
      config: config.sources,
      disabled: config.disabled,
      secretsFor: (source) => grantedTo(readSecrets(paths.secrets), source),
      publish: kernel.publish,
      seenLately: (common, anyOf, rows) => kernel.seenLately(common, anyOf, rows),
      ...(unpinned === undefined
        ? { verify: (source: InstalledSource) => verifyAgain(installation, paths, source) }
        : { patience: unpinned.patience }),
      log,
    });
    kernel.onInterest(host);
    answerPluginRequests({ kernel, host, takeInventory: look });
    answerConfigRequests({ kernel, host, config, load: () => loadConfig(paths.configDir), log });
    kernel.handle('verify_store', () => {
      return { kind: 'store_verified', whole: kernel.verifyStore(VERIFIED_BYTES) };
    });
    kernel.handle('stop', () => {
      setImmediate(options.onStopRequest);
      return { kind: 'stopping' };
    });
    await kernel.listen();
    await intake.start();
    host.start();
  } catch (error) {
    kernel.close();
    throw error;
  }
  log.info({ socket: paths.socket, store: paths.store, version: installation.version }, 'serving');

  return {
    stop: () => {
      host.stop();
      intake.stop();
      kernel.close();
      log.info({}, 'stopped');
    },
  };
}
