/**
 * Where the free-form parts of a JSON text lie, as a scan comes by them. Knows the way to them, and
 * nothing of the grammar.
 */

/** A part that stays text: where it lies in the bytes. */
export interface Part {
  readonly start: number;
  readonly end: number;
  /** Its bytes in the form that JSON.stringify writes: without blanks, and few escapes. */
  readonly plainBytes: number;
}

/** The members on the way to a part; null is any element of a list. */
export type PartPath = readonly (string | null)[];

export class JsonParts {
  readonly found: Part[] = [];
  /** Bytes of the part at hand that a plain form would not have. */
  spare = 0;
  readonly #path: PartPath;
  /** How many of the open containers, from the outermost, are on the way. */
  #onPath = 0;
  #key: string | null = null;
  /** Where the part at hand begins, and how many containers are open around it; -1: none. */
  #start = -1;
  #depth = -1;

  constructor(path: PartPath) {
    this.#path = path;
  }

  /** Whether what comes by is inside a part. */
  get inside(): boolean {
    return this.#start !== -1;
  }

  /** Whether the innermost of `depth` containers is on the way, so that its keys count. */
  leadsOn(depth: number): boolean {
    return depth > 0 && this.#onPath === depth && depth <= this.#path.length;
  }

  key(name: string | null): void {
    this.#key = name;
  }

  /** A value begins. @returns whether it is on the way itself */
  begins(depth: number, isInObject: boolean, at: number): boolean {
    if (depth === 0) return true;
    if (!this.leadsOn(depth)) return false;
    const step = this.#path[depth - 1] ?? null;
    if (isInObject ? step !== this.#key : step !== null) return false;
    if (depth === this.#path.length) {
      this.#start = at;
      this.#depth = depth;
      this.spare = 0;
    }
    return true;
  }

  opened(depth: number): void {
    this.#onPath = depth;
  }

  closed(depth: number): void {
    if (this.#onPath > depth) this.#onPath = depth;
  }

  ends(depth: number, end: number): void {
    if (this.#start === -1 || this.#depth !== depth) return;
    const start = this.#start;
    this.found.push({ start, end, plainBytes: end - start - this.spare });
    this.#start = -1;
  }
}
