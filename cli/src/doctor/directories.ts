/** The directories of waitbus: there, the user's own, closed to others, with room, on a local disk. */
import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { shellWord } from '@waitbus/plugin-sdk/envelope';
import type { Paths } from '../paths.js';
import { sizeText } from '../plugins/view.js';
import { ok, problem, warning, type Finding } from './finding.js';

/** sun_path less its final NUL: unix(7), and sys/un.h on macOS. */
const MAX_SOCKET_PATH_BYTES = process.platform === 'linux' ? 107 : 103;
const LOW_BYTES = 100 * 1024 * 1024;
const FULL_BYTES = 8 * 1024 * 1024;

/** Linux's numbers (statfs(2)) of file systems whose locks and shared memory are those of a server. */
const NETWORK: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xfe534d42, 'SMB'],
  [0xff534d42, 'SMB'],
  [0x01021997, '9P'],
  [0x5346414f, 'AFS'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
]);

export function checkDirectories(paths: Paths, uid: number): Finding[] {
  return [
    ...checkDirectory('state', paths.stateDir, 'WAITBUS_STATE_DIR', uid),
    ...checkDirectory('runtime', paths.runtimeDir, 'WAITBUS_RUNTIME_DIR', uid),
    ...checkDirectory('configuration', paths.configDir, 'WAITBUS_CONFIG_DIR', uid),
    checkSocketPath(paths.socket),
  ];
}

function checkDirectory(
  name: 'state' | 'runtime' | 'configuration',
  directory: string,
  variable: string,
  uid: number,
): Finding[] {
  const word = shellWord(directory);
  const check = `${name} directory`;
  const stat = statSync(directory, { throwIfNoEntry: false });
  if (stat === undefined) return [absent(check, directory, variable)];
  if (!stat.isDirectory()) {
    const remedy = `mv ${word} ${shellWord(`${directory}.old`)}`;
    return [problem(check, `${directory} is no directory`, remedy)];
  }
  const found: Finding[] = [];
  if (stat.uid !== uid) {
    const message = `${directory} belongs to uid ${stat.uid}, not to you (${uid})`;
    // In a shared directory it may be another's trap, with what to take over in it.
    const remedy =
      name === 'runtime'
        ? `export ${variable}=DIR, with a DIR of yours`
        : `sudo chown -R "$(id -u)" ${word}`;
    found.push(problem(check, message, remedy));
  }
  if ((stat.mode & 0o022) !== 0) {
    const message = `others can write in ${directory} (mode ${modeText(stat.mode)})`;
    found.push(problem(check, message, `chmod go-w ${word}`));
  } else if (name !== 'configuration' && (stat.mode & 0o077) !== 0) {
    const message = `others can look into ${directory} (mode ${modeText(stat.mode)})`;
    found.push(warning(check, message, `chmod 700 ${word}`));
  }
  if (!isWritable(directory)) {
    const message = `${directory} cannot be written`;
    // The daemon only reads the configuration.
    const say = name === 'configuration' ? warning : problem;
    found.push(say(check, message, `See ls -ld ${word} and findmnt -T ${word}`));
  } else if (name !== 'configuration') found.push(...checkDisk(check, directory, variable));
  return found.length > 0 ? found : [ok(check, directory)];
}

function absent(check: string, directory: string, variable: string): Finding {
  let above = dirname(directory);
  while (!existsSync(above) && dirname(above) !== above) above = dirname(above);
  if (isWritable(above) && statSync(above).isDirectory()) {
    return ok(check, `${directory} (made when it is needed)`);
  }
  return problem(
    check,
    `${directory} is not there and cannot be made in ${above}`,
    `export ${variable}=DIR, with a DIR of yours; or see ls -ld ${shellWord(above)}`,
  );
}

function checkDisk(check: string, directory: string, variable: string): Finding[] {
  const { bavail, bsize, type } = statfsSync(directory);
  const found: Finding[] = [];
  const free = bavail * bsize;
  if (free < LOW_BYTES) {
    const say = free < FULL_BYTES ? problem : warning;
    found.push(
      say(check, `${sizeText(free)} are free in ${directory}`, `df ${shellWord(directory)}`),
    );
  }
  const network = process.platform === 'linux' ? NETWORK.get(type) : undefined;
  if (network !== undefined) {
    const message = `${directory} is on a network file system (${network}): locks and a socket may fail there`;
    found.push(warning(check, message, `export ${variable}=DIR, with a DIR on a local disk`));
  }
  return found;
}

function checkSocketPath(socket: string): Finding {
  const bytes = Buffer.byteLength(socket);
  if (bytes <= MAX_SOCKET_PATH_BYTES) return ok('socket path', `${bytes} bytes`);
  return problem(
    'socket path',
    `${socket} has ${bytes} bytes; a socket path may have ${MAX_SOCKET_PATH_BYTES}`,
    'export WAITBUS_RUNTIME_DIR=/tmp/waitbus-$(id -u)',
  );
}

function isWritable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function modeText(mode: number): string {
  return (mode & 0o777).toString(8);
}
