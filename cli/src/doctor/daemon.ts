/** The daemon: answers or can be started, is of this version, and its store and clock are sound. */
import { asWaitbusError, shellWord } from '@waitbus/plugin-sdk/envelope';
import { timeOf } from '@waitbus/kernel/ulid';
import { DaemonConnection, type Frame } from '../client/connection.js';
import { reach } from '../client/reach.js';
import { formatDuration } from '../duration.js';
import type { Paths } from '../paths.js';
import { sizeText } from '../plugins/view.js';
import { ok, problem, warning, type Finding } from './finding.js';

export interface DaemonLook {
  readonly findings: readonly Finding[];
  readonly reachable: boolean;
}

export interface DaemonOptions {
  readonly paths: Paths;
  /** Of this command. */
  readonly version: string;
  readonly autostart: boolean;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** How far ahead of the clock the newest event may be before that is worth a word. */
const AHEAD_MS = 60_000;
/** No clock is right that is before this program. */
const WRITTEN_MS = Date.UTC(2026, 0, 1);

export async function checkDaemon(options: DaemonOptions): Promise<DaemonLook> {
  const { paths, autostart } = options;
  let connection: DaemonConnection;
  try {
    connection = await reach((socket) => DaemonConnection.open(socket), {
      paths,
      ...(autostart ? {} : { autostart }),
    });
  } catch (error) {
    const { message, remedy } = asWaitbusError(error);
    return { findings: [problem('daemon', message, remedy)], reachable: false };
  }
  try {
    const status = await connection.request({ op: 'status' });
    const findings = [
      ...judge(status, options),
      await checkStore(connection, status),
      checkClock(status, options.now()),
    ];
    return { findings, reachable: true };
  } catch (error) {
    const { message, remedy } = asWaitbusError(error);
    return { findings: [problem('daemon', message, remedy)], reachable: false };
  } finally {
    connection.close();
  }
}

function judge(status: Frame, { paths, version }: DaemonOptions): Finding[] {
  const said = String(status['version']);
  if (said !== version) {
    const message = `the daemon is ${said}, this command is ${version}`;
    return [problem('daemon', message, 'waitbus stop')];
  }
  if (status['store'] !== paths.store) {
    const message = `the daemon keeps its log in ${String(status['store'])}, not in ${paths.store}`;
    return [warning('daemon', message, 'waitbus stop')];
  }
  const uptime = formatDuration(Number(status['uptime']) * 1000);
  return [ok('daemon', `${said}, pid ${String(status['pid'])}, up ${uptime}`)];
}

async function checkStore(connection: DaemonConnection, status: Frame): Promise<Finding> {
  const size = `${String(status['events'])} events, ${sizeText(Number(status['store_bytes']))}`;
  try {
    const { whole } = await connection.request({ op: 'verify_store' });
    if (whole === true) return ok('store', `${size}, sound`);
    const file = shellWord(String(status['store']));
    return ok(
      'store',
      `${size}, serves; too large to be read through meanwhile (waitbus stop && sqlite3 ${file} 'PRAGMA quick_check' does)`,
    );
  } catch (error) {
    const { code, message, remedy } = asWaitbusError(error);
    // A daemon of another version, which was told of already.
    if (code === 'WAITBUS_BAD_REQUEST') return ok('store', size);
    return problem('store', message, remedy);
  }
}

function checkClock(status: Frame, now: number): Finding {
  if (now < WRITTEN_MS) {
    const message = `the clock says ${new Date(now).toISOString()}`;
    return problem('clock', message, 'sudo timedatectl set-ntp true');
  }
  const { head } = status;
  const ahead = typeof head === 'string' ? timeOf(head) - now : 0;
  if (ahead <= AHEAD_MS) return ok('clock', new Date(now).toISOString());
  const message = `the newest event is ${formatDuration(ahead)} ahead of the clock, which was set back or is wrong; events keep their order`;
  return warning('clock', message, 'timedatectl status');
}
