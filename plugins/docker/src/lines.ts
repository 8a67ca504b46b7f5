/**
 * Bytes in, whole lines out. A line over the limit is dropped up to its end, so that memory is
 * bounded whatever the other side sends; what is cut off at the end is no line.
 */

const NEWLINE = 0x0a;

export class LineSplitter {
  readonly #limit: number;
  readonly #tooLong: () => void;
  #parts: Buffer[] = [];
  #size = 0;
  #skipping = false;

  /**
   * @param limit bytes in a line
   * @param tooLong called once for each line that is dropped
   */
  constructor(limit: number, tooLong: () => void) {
    this.#limit = limit;
    this.#tooLong = tooLong;
  }

  /** The lines that end in this chunk, without their ends; blank ones are left out. */
  push(chunk: Buffer): string[] {
    const lines: string[] = [];
    let from = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, from);
      this.#add(chunk.subarray(from, end < 0 ? chunk.length : end));
      if (end < 0) return lines;
      const line = Buffer.concat(this.#parts).toString('utf8').trim();
      if (!this.#skipping && line !== '') lines.push(line);
      this.#parts = [];
      this.#size = 0;
      this.#skipping = false;
      from = end + 1;
    }
  }

  #add(part: Buffer): void {
    if (this.#skipping || part.length === 0) return;
    this.#size += part.length;
    if (this.#size <= this.#limit) {
      this.#parts.push(part);
      return;
    }
    this.#skipping = true;
    this.#parts = [];
    this.#tooLong();
  }
}
