/**
 * What git tracks in one working tree, from the repository's index (gitformat-index(5), versions 2
 * to 4). Reads the index when first asked, and again when it has changed. Runs no program.
 */
import { readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { nameOfBytes } from './file-name.js';

/** Milliseconds for which the index is taken to be as it was: scans ask many times in a row. */
const FRESH = 50;

interface Tracked {
  readonly stamp: string;
  readonly files: ReadonlySet<string>;
  readonly directories: ReadonlySet<string>;
}

const NOTHING: Tracked = { stamp: '', files: new Set(), directories: new Set() };

export class GitIndex {
  readonly #directory: string;
  #tracked = NOTHING;
  #lookedAt = -Infinity;

  /** @param top the top of the working tree */
  constructor(top: string) {
    this.#directory = gitDirectoryOf(top);
  }

  /** Whether a path, relative to the top, is tracked, or holds what is. */
  has(path: string, isDirectory: boolean): boolean {
    const now = performance.now();
    if (now - this.#lookedAt > FRESH) {
      this.#lookedAt = now;
      this.#refresh();
    }
    return (isDirectory ? this.#tracked.directories : this.#tracked.files).has(path);
  }

  #refresh(): void {
    const file = join(this.#directory, 'index');
    try {
      const { ino, size, mtimeNs } = statSync(file, { bigint: true });
      const stamp = `${ino}.${size}.${mtimeNs}`;
      if (stamp === this.#tracked.stamp) return;
      const files = parseIndex(readFileSync(file), hashLengthOf(this.#directory));
      this.#tracked = { stamp, files: new Set(files), directories: directoriesOf(files) };
    } catch {
      this.#tracked = NOTHING;
    }
  }
}

/** Where the top's `.git` is, or says that it is. */
function gitDirectoryOf(top: string): string {
  const path = join(top, '.git');
  try {
    const [, target] = /^gitdir: (.*)$/m.exec(readFileSync(path, 'utf8')) ?? [];
    return target === undefined ? path : resolve(top, target);
  } catch {
    return path;
  }
}

function hashLengthOf(directory: string): number {
  try {
    const config = readFileSync(join(directory, 'config'), 'utf8');
    return /^\s*objectformat\s*=\s*sha256\s*$/im.test(config) ? 32 : 20;
  } catch {
    return 20;
  }
}

const HEADER = 12;
const STAT = 40;
const EXTENDED = 0x4000;

/** The paths of the entries; what cannot be read as an index has none. */
export function parseIndex(bytes: Buffer, hashLength: number): readonly string[] {
  if (bytes.toString('latin1', 0, 4) !== 'DIRC') return [];
  const version = bytes.readUInt32BE(4);
  const count = bytes.readUInt32BE(8);
  const paths: string[] = [];
  let at = HEADER;
  let before = Buffer.alloc(0);
  for (let n = 0; n < count; n += 1) {
    const start = at;
    at += STAT + hashLength;
    const flags = bytes.readUInt16BE(at);
    at += version >= 3 && flags & EXTENDED ? 4 : 2;
    let kept = Buffer.alloc(0);
    if (version === 4) {
      const { value, next } = readOffset(bytes, at);
      at = next;
      kept = before.subarray(0, before.length - value);
    }
    const end = bytes.indexOf(0, at);
    if (end === -1) break;
    before = Buffer.concat([kept, bytes.subarray(at, end)]);
    paths.push(nameOfBytes(before));
    at = version === 4 ? end + 1 : start + Math.ceil((end + 1 - start) / 8) * 8;
  }
  return paths;
}

/** The variable width of an offset in a pack (gitformat-pack(5)). */
function readOffset(bytes: Buffer, from: number): { value: number; next: number } {
  let at = from;
  let byte = bytes.readUInt8(at++);
  let value = byte & 0x7f;
  while (byte & 0x80) {
    byte = bytes.readUInt8(at++);
    value = (value + 1) * 128 + (byte & 0x7f);
  }
  return { value, next: at };
}

function directoriesOf(files: readonly string[]): ReadonlySet<string> {
  const directories = new Set<string>();
  for (const file of files) {
    for (let at = dirname(file); at !== '.' && !directories.has(at); at = dirname(at)) {
      directories.add(at);
    }
  }
  return directories;
}
