/**
 * Finds and reads the one configuration file of a directory. Looks nowhere else: what lies in the
 * working directory, somebody's repository, never configures waitbus nor runs because of it.
 */
import { readFileSync, statSync, type Stats } from 'node:fs';
import { basename } from 'node:path';
import { shellWord, WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { configFilesIn } from './config.js';

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
  return file === null ? null : { file, text: readConfigText(file) };
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
  let stats: Stats;
  try {
    stats = statSync(file);
  } catch (error) {
    throw unreadable(file, (error as Error).message);
  }
  // Before it is opened: a pipe would be waited for.
  if (!stats.isFile()) throw unreadable(file, `${file} is no regular file`);
  if (stats.size > MAX_CONFIG_BYTES) {
    throw unreadable(file, `${file} has ${stats.size} bytes; at most ${MAX_CONFIG_BYTES} are read`);
  }
  try {
    const bytes = readFileSync(file);
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? `${file} is not UTF-8` : message;
    throw unreadable(file, why);
  }
}

function unreadable(file: string, why: string): WaitbusError {
  return new WaitbusError(
    'WAITBUS_BAD_CONFIG',
    `the configuration cannot be read: ${why}`,
    `See ls -ld ${shellWord(file)}; to do without it: mv ${shellWord(file)} ${shellWord(`${file}.old`)}`,
  );
}
