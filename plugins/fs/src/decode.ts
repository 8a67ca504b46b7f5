/**
 * The bytes that a read of an inotify descriptor returns, as records. Pure: reads no descriptor.
 * The layout is `struct inotify_event` of inotify(7).
 */
import { endianness } from 'node:os';
import { nameOfBytes } from './file-name.js';

export const IN = {
  MODIFY: 0x2,
  CLOSE_WRITE: 0x8,
  MOVED_FROM: 0x40,
  MOVED_TO: 0x80,
  CREATE: 0x100,
  DELETE: 0x200,
  DELETE_SELF: 0x400,
  MOVE_SELF: 0x800,
  UNMOUNT: 0x2000,
  Q_OVERFLOW: 0x4000,
  IGNORED: 0x8000,
  ONLYDIR: 0x1000000,
  DONT_FOLLOW: 0x2000000,
  EXCL_UNLINK: 0x4000000,
  MASK_ADD: 0x20000000,
  ISDIR: 0x40000000,
} as const;

export interface InotifyRecord {
  /** -1 for an overflow of the queue. */
  readonly wd: number;
  readonly mask: number;
  /** The name within the watched directory; empty when the record is about the directory itself. */
  readonly name: string;
}

const HEADER = 16;
const LITTLE = endianness() === 'LE';

/** Decodes the first `length` bytes; a record cut short by `length` is left out. */
export function decode(buffer: Buffer, length: number): readonly InotifyRecord[] {
  const records: InotifyRecord[] = [];
  let at = 0;
  while (at + HEADER <= length) {
    const nameLength = uint32(buffer, at + 12);
    const end = at + HEADER + nameLength;
    if (end > length) break;
    records.push({
      wd: uint32(buffer, at) | 0,
      mask: uint32(buffer, at + 4),
      name: nameOf(buffer, at + HEADER, end),
    });
    at = end;
  }
  return records;
}

function uint32(buffer: Buffer, at: number): number {
  return LITTLE ? buffer.readUInt32LE(at) : buffer.readUInt32BE(at);
}

/** The name is padded with NULs. */
function nameOf(buffer: Buffer, start: number, end: number): string {
  const nul = buffer.indexOf(0, start);
  return nameOfBytes(buffer.subarray(start, nul === -1 || nul > end ? end : nul));
}
