/**
 * The directory that a command or a call is in. A shell may stand in one that was removed, or that its
 * user may not enter: that is said with its cause, here alone, and never in the system's words.
 */
import { accessSync, constants, statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { shellWord, WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { asPlainError, whyOf } from './system-error.js';

/** @returns null when it was removed, or cannot be told */
export function workingDirectoryOrNull(): string | null {
  try {
    return process.cwd();
  } catch {
    return null;
  }
}

/** @throws WaitbusError WAITBUS_BAD_DIRECTORY */
export function workingDirectory(): string {
  try {
    return process.cwd();
  } catch (error) {
    throw asPlainError(error);
  }
}

/**
 * A directory or file as it was given, absolute. What is absolute already needs no working directory.
 * @param given default: the working directory itself
 * @param from default: the working directory
 * @throws WaitbusError WAITBUS_BAD_DIRECTORY
 */
export function absolutePath(given = '', from?: string): string {
  return isAbsolute(given) ? resolve(given) : resolve(from ?? workingDirectory(), given);
}

/**
 * Where somebody waits: it has to be a directory, and open to us.
 * @param given default: the working directory
 * @throws WaitbusError WAITBUS_BAD_DIRECTORY
 */
export function directoryOf(given = ''): string {
  const directory = absolutePath(given);
  try {
    if (!statSync(directory).isDirectory()) throw unusable(directory, 'is not a directory');
    accessSync(directory, constants.X_OK);
  } catch (error) {
    if (error instanceof WaitbusError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const isNone = code === 'ENOENT' || code === 'ENOTDIR';
    throw unusable(directory, isNone ? 'is not a directory' : `cannot be entered: ${whyOf(error)}`);
  }
  return directory;
}

function unusable(directory: string, why: string): WaitbusError {
  return new WaitbusError(
    'WAITBUS_BAD_DIRECTORY',
    `${directory} ${why}`,
    `See ls -ld ${shellWord(directory)}; --cwd names another directory.`,
  );
}
