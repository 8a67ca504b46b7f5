/** Stores for tests to damage, and what must not have changed when one was refused. */
import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { checkEnvelope } from '@waitbus/plugin-sdk/envelope';
import { Store } from '../../kernel/src/store/store.js';
import { event } from './kernel.js';

export const PAGE = 4096;

/** A store in a single file with so many events, numbered in `fields.n`. */
export function makeStore(file: string, count: number): void {
  const store = new Store({ file, now: Date.now });
  store.append([
    Array.from({ length: count }, (_, n) =>
      checkEnvelope(event({ delivery_id: `key-${n}`, fields: { n, pad: 'x'.repeat(300) } })),
    ),
  ]);
  store.close();
}

/** Overwrites bytes where they are, without a change of the file's length. */
export function overwrite(file: string, at: number, bytes: Buffer): void {
  const fd = openSync(file, 'r+');
  writeSync(fd, bytes, 0, bytes.length, at);
  closeSync(fd);
}

/** Of a file and its write-ahead log; 'none' for one that is empty or not a file. */
export function digestOf(file: string): string {
  return [file, `${file}-wal`]
    .map((each) =>
      existsSync(each) && statSync(each).isFile() && statSync(each).size > 0
        ? createHash('sha256').update(readFileSync(each)).digest('hex')
        : 'none',
    )
    .join(' ');
}
