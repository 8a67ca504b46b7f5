/**
 * The spool: events of producers that could reach no daemon. One file an emit, NDJSON, written
 * beside and renamed into place, so that what has its final name is whole. A producer without Node
 * may write here on purpose; the format is in docs/reference.md.
 */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ownDirectory } from '@waitbus/kernel/own-places';
import { stringifyJson, type Envelope } from '@waitbus/plugin-sdk/envelope';
import { uniqueKey } from './unique-key.js';

/** Files being written; the daemon leaves them alone. */
export const UNFINISHED_PREFIX = '.tmp-';

/**
 * Writes events for the daemon to take in when it comes up. Durable when it returns.
 * @returns the file's path
 */
export function spoolEvents(directory: string, events: readonly Envelope[], now: number): string {
  // Whoever can rename in either could take what is written here, or put something in its place.
  for (const each of [dirname(directory), directory]) ownDirectory(each, 'WAITBUS_STATE_DIR');
  const unique = uniqueKey();
  const name = `${BigInt(Math.round(now)) * 1_000_000n}-${process.pid}-${unique}.ndjson`;
  const lines = events.map((event, index) => {
    const received = event.received_at ?? BigInt(Math.round(now)) * 1_000_000n;
    const key = event.delivery_id ?? `spool:${unique}:${index}`;
    return `${stringifyJson({ ...event, delivery_id: key, received_at: received })}\n`;
  });
  const unfinished = join(directory, `${UNFINISHED_PREFIX}${name}`);
  const file = join(directory, name);
  try {
    writeFileSync(unfinished, lines.join(''), { mode: 0o600, flag: 'wx', flush: true });
    renameSync(unfinished, file);
  } catch (error) {
    // On a full disk half a file would only take more of it.
    rmSync(unfinished, { force: true });
    throw error;
  }
  return file;
}
