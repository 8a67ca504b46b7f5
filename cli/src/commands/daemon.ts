/** `waitbus daemon`: the daemon in the foreground, logging JSON lines to stderr. */
import { closeSync, writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { releaseStartupPages } from '@waitbus/kernel';
import { asWaitbusError, plainText, type WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { pino } from 'pino';
import { loadConfig } from '../config/config.js';
import { startDaemon } from '../daemon/daemon.js';
import { LogFile } from '../daemon-log.js';
import { findInstallation } from '../installation.js';
import { resolvePaths } from '../paths.js';
import { EXIT, sayError, UsageError } from '../terminal/exit.js';

const OPTIONS = {
  'log-level': { type: 'string' },
  'ready-fd': { type: 'string' },
} as const;
const STDERR = 2;
const LEVELS = ['debug', 'info', 'warn', 'error'];
/** Until then those that waited for the daemon have been served. */
const SETTLED_MS = 500;
/** What still runs this long after the stop began is cut off. */
const STOP_LIMIT_MS = 3000;

export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: OPTIONS, strict: true });
  const level = values['log-level'];
  if (level !== undefined && !LEVELS.includes(level)) {
    throw new UsageError(`--log-level ${level} is not one of ${LEVELS.join(', ')}`);
  }
  const tellStarter = starterOf(values['ready-fd']);
  process.umask(0o077);
  // A burst must not grow the young generation for good: the daemon idles most of its life.
  setFlagsFromString('--semi-space-growth-factor=1');
  let requestStop: (why: string) => void = () => undefined;
  const stopRequested = new Promise<string>((resolve) => (requestStop = resolve));
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => requestStop(signal));
  }
  let exit: number = EXIT.ok;
  try {
    const paths = resolvePaths();
    const config = await loadConfig(paths.configDir);
    const file = new LogFile(paths.daemonLog, STDERR);
    const streamWrite = (line: string) => {
      const text = plainText(line);
      file.grows(text);
      return text;
    };
    const log = pino(
      { level: level ?? config.log.level, base: null, hooks: { streamWrite } },
      pino.destination({ fd: STDERR, sync: true }),
    );
    // Its state is unknown then; what was acknowledged is stored, and clients come back by cursor.
    process.on('uncaughtException', (error) => {
      log.fatal({ err: error }, 'the daemon met an unexpected error and ends');
      process.exit(EXIT.failure);
    });
    const daemon = await startDaemon({
      paths,
      installation: findInstallation(),
      config,
      env: process.env,
      log,
      onStopRequest: () => requestStop('a client asked'),
      onLost: (error) => {
        log.fatal({ code: error.code }, error.message);
        exit = EXIT.failure;
        requestStop(error.code);
      },
    });
    tellStarter('ready');
    setTimeout(releaseStartupPages, SETTLED_MS).unref();
    log.info({ why: await stopRequested }, 'stopping');
    daemon.stop();
    setTimeout(() => process.exit(exit), STOP_LIMIT_MS).unref();
    return exit;
  } catch (cause) {
    const error = asWaitbusError(cause);
    tellStarter(error.code === 'WAITBUS_ALREADY_RUNNING' ? 'taken' : describe(error));
    sayError(error, 'daemon');
    return EXIT.failure;
  }
}

function describe({ code, message, remedy }: WaitbusError): string {
  return JSON.stringify({ code, message, remedy });
}

/** Whoever started this in the background waits for one word on a descriptor. */
function starterOf(fd: string | undefined): (word: string) => void {
  if (fd === undefined) return () => undefined;
  return (word) => {
    try {
      writeSync(Number(fd), `${word}\n`);
      closeSync(Number(fd));
    } catch {
      // The starter was killed while it waited; the daemon serves all the same.
    }
  };
}
