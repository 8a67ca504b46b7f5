/**
 * The output of a source's process as lines, in bounded memory and time: a line without end is cut,
 * and a stream that never rests is read no faster than the allowance lets it.
 */
import type { Readable } from 'node:stream';
import { Allowance } from './allowance.js';

const MAX_LINE_BYTES = 4096;
/** One unit of the allowance; a line costs as much as so many bytes. */
const UNIT_BYTES = 1024;
const LINE_BYTES = 64;
const NEWLINE = 0x0a;

/** Cuts bytes into lines; of one line it keeps so much and no more. */
export class LineCutter {
  readonly #onLine: (line: string) => void;
  #parts: Buffer[] = [];
  #held = 0;

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  /** @returns how many lines ended */
  push(chunk: Buffer): number {
    let lines = 0;
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start);
      this.#keep(chunk.subarray(start, end === -1 ? chunk.length : end));
      if (end === -1) return lines;
      this.finish();
      lines += 1;
      start = end + 1;
    }
  }

  /** What is held is a line, newline or not. */
  finish(): void {
    if (this.#held === 0) return;
    const line = Buffer.concat(this.#parts).toString('utf8');
    this.#parts = [];
    this.#held = 0;
    this.#onLine(line);
  }

  #keep(bytes: Buffer): void {
    const kept = bytes.subarray(0, MAX_LINE_BYTES - this.#held);
    if (kept.length === 0) return;
    // A copy: a part of the chunk would keep all of it.
    this.#parts.push(Buffer.from(kept));
    this.#held += kept.length;
  }
}

/** Hands over the lines of a stream until it ends. */
export function readLines(
  stream: Readable,
  onLine: (line: string) => void,
  clock: () => number,
): void {
  const cutter = new LineCutter(onLine);
  const allowance = new Allowance({ clock, perSecond: 4096, burst: 256 });
  let resting: NodeJS.Timeout | null = null;
  stream.on('data', (chunk: Buffer) => {
    const lines = cutter.push(chunk);
    const wait = allowance.take((chunk.length + lines * LINE_BYTES) / UNIT_BYTES);
    if (wait === 0) return;
    stream.pause();
    resting = setTimeout(() => stream.resume(), wait);
  });
  stream.once('close', () => {
    if (resting !== null) clearTimeout(resting);
    cutter.finish();
  });
  // A pipe that breaks is one that ends.
  stream.on('error', () => undefined);
}
