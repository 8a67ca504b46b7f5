/** The journals of a run as they grow: reads what is new, and waits until they say something. */
import { closeSync, openSync, readSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { parseJournal, type Note } from './journal.js';

/** Seldom enough that looking does not disturb what is measured. */
const LOOK_MS = 20;
const CHUNK = 65_536;

export class Watch {
  readonly #files: ReadonlyMap<string, string>;
  readonly #offset: bigint;
  readonly #notes = new Map<string, Note[]>();
  readonly #read = new Map<string, { at: number; rest: Buffer }>();
  readonly #damaged = new Map<string, number>();
  readonly #erred = new Set<string>();

  /** @param files the journal of each agent, by its name */
  constructor(files: ReadonlyMap<string, string>, offset: bigint) {
    this.#files = files;
    this.#offset = offset;
    for (const name of files.keys()) {
      this.#notes.set(name, []);
      this.#read.set(name, { at: 0, rest: Buffer.alloc(0) });
    }
  }

  notesOf(name: string): readonly Note[] {
    return this.#notes.get(name) ?? [];
  }

  damagedOf(name: string): number {
    return this.#damaged.get(name) ?? 0;
  }

  hasErred(name: string): boolean {
    return this.#erred.has(name);
  }

  anyErred(): boolean {
    return this.#erred.size > 0;
  }

  look(): void {
    for (const [name, file] of this.#files) this.#lookAt(name, file);
  }

  /** @returns whether it came true, within the limit and before there was no hope of it */
  async until(
    condition: () => boolean | Promise<boolean>,
    limitMs: number,
    hopeless: () => boolean,
  ): Promise<boolean> {
    const deadline = performance.now() + limitMs;
    for (;;) {
      this.look();
      if (await condition()) return true;
      if (hopeless() || performance.now() > deadline) return false;
      await pause(LOOK_MS);
    }
  }

  #lookAt(name: string, file: string): void {
    const state = this.#read.get(name);
    if (state === undefined) return;
    const fresh = readFrom(file, state.at);
    if (fresh.length === 0) return;
    state.at += fresh.length;
    const bytes = Buffer.concat([state.rest, fresh]);
    const end = bytes.lastIndexOf(10) + 1;
    state.rest = bytes.subarray(end);
    const { notes, damaged } = parseJournal(bytes.toString('utf8', 0, end), this.#offset);
    this.#notes.get(name)?.push(...notes);
    if (notes.some(({ what }) => what === 'error')) this.#erred.add(name);
    this.#damaged.set(name, this.damagedOf(name) + damaged);
  }
}

function readFrom(file: string, at: number): Buffer {
  let fd: number;
  try {
    fd = openSync(file, 'r');
  } catch {
    return Buffer.alloc(0);
  }
  try {
    const chunks: Buffer[] = [];
    for (let position = at; ;) {
      const chunk = Buffer.alloc(CHUNK);
      const count = readSync(fd, chunk, 0, CHUNK, position);
      chunks.push(chunk.subarray(0, count));
      position += count;
      if (count < CHUNK) return Buffer.concat(chunks);
    }
  } finally {
    closeSync(fd);
  }
}
