/**
 * Finds and reads the one configuration file of a directory, through cosmiconfig. Looks nowhere else:
 * what lies in the working directory, somebody's repository, never configures waitbus nor runs
 * because of it.
 */
import { basename } from 'node:path';
import { shellWord, WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { cosmiconfigSync } from 'cosmiconfig';
import { readRegularFile } from '../regular-file.js';
import { workingDirectoryOrNull } from '../working-directory.js';
import { CONFIG_FILES, configFilesIn } from './config.js';

/** Nobody writes one of this size by hand; what is larger is something else. */
export const MAX_CONFIG_BYTES = 1024 * 1024;

export interface ConfigText {
  readonly file: string;
  readonly text: string;
}

/**
 * @returns null when there is none
 * @throws WaitbusError WAITBUS_BAD_CONFIG when there are two, or it cannot be read
 */
export function findConfig(configDir: string): ConfigText | null {
  const file = configFileOf(configDir);
  if (file === null) return null;
  // Before cosmiconfig opens it: a pipe would be waited for.
  readBytes(file);
  // Its text is all that is asked for: our own parser knows the lines.
  const load = (path: string): ConfigText => ({ file: path, text: readConfigText(path) });
  const found = within(configDir, () =>
    cosmiconfigSync('waitbus', {
      searchPlaces: [...CONFIG_FILES],
      searchStrategy: 'none',
      loaders: { '.json': load, '.yaml': load, '.yml': load },
    }).search(configDir),
  );
  return (found?.config as ConfigText | undefined) ?? { file, text: readConfigText(file) };
}

/**
 * cosmiconfig also takes options for itself from the working directory, out of a `.config/config.js`
 * say, which it runs. So the working directory is the user's own meanwhile.
 */
function within<T>(directory: string, work: () => T): T {
  const before = workingDirectoryOrNull();
  process.chdir(directory);
  try {
    return work();
  } finally {
    if (before !== null) process.chdir(before);
  }
}

/** @throws WaitbusError WAITBUS_BAD_CONFIG when there are two */
export function configFileOf(configDir: string): string | null {
  let files: string[];
  try {
    files = configFilesIn(configDir);
  } catch (error) {
    throw unreadable(configDir, (error as Error).message);
  }
  const [file = null, ...others] = files;
  if (others.length === 0) return file;
  const names = files.map((one) => basename(one)).join(' and ');
  throw new WaitbusError(
    'WAITBUS_BAD_CONFIG',
    `${configDir} holds ${names}; which of them counts is not known`,
    `Keep one of them; to set the other aside: mv ${shellWord(others[0] ?? '')} ${shellWord(`${others[0] ?? ''}.old`)}`,
  );
}

/** @throws WaitbusError WAITBUS_BAD_CONFIG */
export function readConfigText(file: string): string {
  const bytes = readBytes(file);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? `${file} is not UTF-8` : message;
    throw unreadable(file, why);
  }
}

function readBytes(file: string): Buffer {
  try {
    return readRegularFile(file, { maxBytes: MAX_CONFIG_BYTES });
  } catch (error) {
    throw unreadable(file, (error as Error).message);
  }
}

function unreadable(file: string, why: string): WaitbusError {
  return new WaitbusError(
    'WAITBUS_BAD_CONFIG',
    `the configuration cannot be read: ${why}`,
    `See ls -ld ${shellWord(file)}; to do without it: mv ${shellWord(file)} ${shellWord(`${file}.old`)}`,
  );
}
