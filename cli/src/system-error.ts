/**
 * What the operating system refuses, as people say it: a cause and what mends it. Everything that
 * ends a command without having a code of the table comes through here.
 */
import { dirname } from 'node:path';
import { getSystemErrorMap } from 'node:util';
import { errorText, shellWord, WaitbusError } from '@waitbus/plugin-sdk/envelope';

/** A WaitbusError as it is; any other error with the cause and a remedy in its place. */
export function asPlainError(error: unknown): WaitbusError {
  if (isWaitbusError(error)) return error;
  const { syscall, path } = partsOf(error);
  if (syscall === 'uv_cwd') return noWorkingDirectory(error);
  if (syscall === 'uv_os_homedir') return noHome(error);
  if (syscall !== null) return refused(error, path);
  return new WaitbusError('WAITBUS_INTERNAL', errorText(error), REPORT, { cause: error });
}

/** The reason alone, as `permission denied`. */
export function whyOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  for (const [name, text] of getSystemErrorMap().values()) if (name === code) return text;
  return message;
}

const REPORT =
  'That should not be: please report it. waitbus doctor looks at everything that waitbus rests on.';

/** By name: a command that is a bundle of its own has classes of its own. */
export function isWaitbusError(error: unknown): error is WaitbusError {
  return error instanceof Error && error.name === 'WaitbusError';
}

function partsOf(error: unknown): { syscall: string | null; path: string | null } {
  if (!(error instanceof Error)) return { syscall: null, path: null };
  const { syscall, path } = error as NodeJS.ErrnoException;
  return { syscall: syscall ?? null, path: typeof path === 'string' ? path : null };
}

function noWorkingDirectory(cause: unknown): WaitbusError {
  const { code } = cause as NodeJS.ErrnoException;
  const isGone = code === 'ENOENT';
  return new WaitbusError(
    'WAITBUS_BAD_DIRECTORY',
    `the working directory ${isGone ? 'was removed' : `cannot be told: ${whyOf(cause)}`}`,
    isGone
      ? 'cd "$PWD" enters it again if it was made anew; else go to another, as with cd ~'
      : 'Go to another, as with cd ~',
    { cause },
  );
}

function noHome(cause: unknown): WaitbusError {
  return new WaitbusError(
    'WAITBUS_BAD_DIRECTORY',
    'there is no home directory: HOME is not set, and the system knows none for this user',
    'export HOME=/path/of/yours, or set WAITBUS_STATE_DIR, WAITBUS_RUNTIME_DIR and WAITBUS_CONFIG_DIR.',
    { cause },
  );
}

function refused(cause: unknown, path: string | null): WaitbusError {
  const why = whyOf(cause);
  if (path === null) return new WaitbusError('WAITBUS_BAD_FILE', why, undefined, { cause });
  const { code } = cause as NodeJS.ErrnoException;
  const seen = code === 'ENOENT' || code === 'ENOTDIR' ? dirname(path) : path;
  const remedy =
    code === 'ENOSPC' || code === 'EDQUOT'
      ? `df ${shellWord(dirname(path))} shows how much room there is.`
      : `ls -ld ${shellWord(seen)} shows what is there, and whose it is.`;
  return new WaitbusError('WAITBUS_BAD_FILE', `${path}: ${why} (${code})`, remedy, { cause });
}
