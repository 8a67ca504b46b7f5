/**
 * What went wrong with the store or its directory, as an error that a person can act on. Tries the
 * directory to tell causes apart that SQLite reports as one; leaves nothing behind.
 */
import { unlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { shellWord, WaitbusError, type ErrorCode } from '@waitbus/plugin-sdk/envelope';

/** By so much the shared-memory file grows at a time. */
const ROOM_BYTES = 32 * 1024;

const BY_SQLITE: readonly (readonly [RegExp, ErrorCode])[] = [
  [/^SQLITE_FULL/, 'WAITBUS_STORE_FULL'],
  [/^SQLITE_(BUSY|LOCKED)/, 'WAITBUS_STORE_BUSY'],
  [/^SQLITE_READONLY/, 'WAITBUS_STORE_READONLY'],
];

/** Failed reads, writes and opens, whose cause SQLite does not pass on. */
const UNNAMED = /^SQLITE_(IOERR|CANTOPEN)/;

const BY_SYSTEM: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'WAITBUS_STORE_FULL',
  EDQUOT: 'WAITBUS_STORE_FULL',
  EROFS: 'WAITBUS_STORE_READONLY',
  EACCES: 'WAITBUS_STORE_READONLY',
  EPERM: 'WAITBUS_STORE_READONLY',
};

/** What an error of SQLite or of the file system means to a person; an error of ours as it is. */
export function explainStoreError(cause: unknown, file: string): WaitbusError {
  if (cause instanceof WaitbusError) return cause;
  const { code = '', message } = cause as { code?: string; message: string };
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') return corrupt(file, message);
  const named =
    BY_SYSTEM[code] ??
    BY_SQLITE.find(([pattern]) => pattern.test(code))?.[1] ??
    (UNNAMED.test(code) ? whatAilsDirectory(dirname(file)) : undefined);
  return new WaitbusError(
    named ?? 'WAITBUS_STORE_FAILED',
    message.includes(file) ? message : `${file}: ${message}`,
    undefined,
    { cause },
  );
}

export function corrupt(file: string, detail: string): WaitbusError {
  return new WaitbusError('WAITBUS_STORE_CORRUPT', `${file} is damaged: ${detail}`, moveAway(file));
}

export function moveAway(file: string): string {
  return `Move it away to start afresh: for f in ${shellWord(file)}*; do mv "$f" "$f.aside"; done`;
}

function whatAilsDirectory(directory: string): ErrorCode | undefined {
  const probe = join(directory, `.probe-${process.pid}`);
  try {
    writeFileSync(probe, Buffer.alloc(ROOM_BYTES), { flush: true });
    return undefined;
  } catch (error) {
    return BY_SYSTEM[(error as NodeJS.ErrnoException).code ?? ''];
  } finally {
    removeIfThere(probe);
  }
}

function removeIfThere(file: string): void {
  try {
    unlinkSync(file);
  } catch {
    // Never made, for the reason that is being looked for.
  }
}
