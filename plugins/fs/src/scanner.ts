/**
 * Reads directories: on arming to know what is there, later to find what came without a word (a
 * directory that appeared with files in it, a queue that overflowed). Works in slices, so that the
 * process stays responsive; each directory is entered, read and compared in one step.
 */
import { readdirSync } from 'node:fs';
import { nameOfBytes, systemPath } from './file-name.js';
import type { Happening } from './happening.js';
import { kindOf, readStamp, type Kind, type Stamp } from './stamp.js';
import { pathIn, type Directory, type Tree, type WatchedRoot } from './tree.js';

export interface Scan {
  readonly path: string;
  /** The directory it is in, or the root it is the top of. */
  readonly place: Directory | WatchedRoot;
  /** `arm` takes what is there as known; `report` notes each name that is not known as it is. */
  readonly mode: 'arm' | 'report';
  /** Whether a directory that is known already is read again. */
  readonly again: boolean;
}

/** What a scan came upon. */
export interface Findings {
  /** Something of which the settler has to judge what it means. */
  note(directory: Directory, name: string, happening: Happening): void;
  /** A directory that was not there before. */
  appeared(directory: Directory): void;
  /** A symlink that is taken as known. */
  linked(directory: Directory, name: string): void;
}

interface Entry {
  readonly name: string;
  readonly kind: Kind;
}

export class Scanner {
  readonly #tree: Tree;
  readonly #findings: Findings;
  #queue: Scan[] = [];
  #next = 0;
  #idle: (() => void)[] = [];
  #lost = false;

  constructor(tree: Tree, findings: Findings) {
    this.#tree = tree;
    this.#findings = findings;
  }

  get busy(): boolean {
    return this.#next < this.#queue.length;
  }

  add(scan: Scan): void {
    this.#queue.push(scan);
  }

  /** Resolves when everything that is queued, and all below it, has been read. */
  whenIdle(): Promise<void> {
    return this.busy ? new Promise((resolve) => this.#idle.push(resolve)) : Promise.resolve();
  }

  /** Reads until nothing is left or `isOver` says that the slice is. At least one is read. */
  run(isOver: () => boolean): void {
    while (this.busy) {
      this.#scan(this.#queue[this.#next++] as Scan);
      if (isOver()) break;
    }
    if (this.busy) return;
    this.#queue = [];
    this.#next = 0;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** Whether a directory, or a root that was to be entered, turned out gone since the last call. */
  takeLost(): boolean {
    const lost = this.#lost;
    this.#lost = false;
    return lost;
  }

  /** A directory is no longer there: its files are noted as gone, its watches end. */
  lose(directory: Directory): void {
    this.#lost = true;
    for (const each of this.#tree.below(directory)) {
      for (const name of each.files.keys()) this.#findings.note(each, name, 'gone');
    }
    this.#drop(directory);
  }

  /** The rules changed: leaves out what they ignore now, takes in what they no longer do. */
  applyRules(directory: Directory): void {
    const { ignored, files, children } = directory;
    const left = [...ignored];
    ignored.clear();
    for (const name of files.keys()) {
      if (!this.#tree.ignores(directory, name, false)) continue;
      files.delete(name);
      ignored.add(name);
    }
    for (const [name, child] of children) {
      if (!this.#tree.ignores(directory, name, true)) continue;
      this.#drop(child);
      ignored.add(name);
    }
    for (const name of left) this.#takeIn(directory, name);
    for (const child of children.values()) this.applyRules(child);
  }

  #takeIn(directory: Directory, name: string): void {
    const path = pathIn(directory, name);
    const stamp = readStamp(path);
    if (stamp === null) return;
    const isDirectory = stamp.kind === 'directory';
    if (this.#tree.ignores(directory, name, isDirectory)) directory.ignored.add(name);
    else if (isDirectory) this.add({ path, place: directory, mode: 'arm', again: false });
    else this.#know(directory, name, stamp);
  }

  #drop(directory: Directory): void {
    this.#tree.forgetRules(directory);
    this.#tree.drop(directory);
  }

  #know(directory: Directory, name: string, { kind, text }: Stamp): void {
    if (kind !== 'file' && kind !== 'symlink') {
      directory.others.add(name);
      return;
    }
    directory.files.set(name, text);
    if (kind === 'symlink') this.#findings.linked(directory, name);
  }

  #scan(scan: Scan): void {
    const { path, place } = scan;
    if ('path' in place ? !this.#tree.holds(place) : !place.active) return;
    const known = this.#tree.at(path);
    if (known !== undefined && !scan.again) {
      // The top of another root's tree lies within this one.
      if (known.parent !== null || !('path' in place)) return;
      this.#tree.attach(known, place);
      this.applyRules(known);
      return;
    }
    const directory = this.#tree.enter(path, place);
    const entries = typeof directory === 'string' ? null : entriesOf(path);
    if (typeof directory === 'string' || entries === null) {
      if (known !== undefined) this.lose(known);
      // Nothing but a look at the way to a root tells when it is there again.
      else if (directory === 'gone' && !('path' in place)) this.#lost = true;
      return;
    }
    if (known === undefined && scan.mode === 'report' && directory.parent !== null) {
      this.#findings.appeared(directory);
    }
    for (const entry of entries) this.#meet(directory, entry, scan);
    if (scan.again) this.#miss(directory, entries);
  }

  #meet(directory: Directory, { name, kind }: Entry, { mode, again }: Scan): void {
    const path = pathIn(directory, name);
    const isDirectory = kind === 'directory';
    if (this.#tree.ignores(directory, name, isDirectory)) {
      directory.ignored.add(name);
    } else if (isDirectory) {
      this.add({ path, place: directory, mode, again });
    } else if (kind === 'file' || kind === 'symlink') {
      const stamp = readStamp(path);
      if (stamp === null || stamp.text === directory.files.get(name)) return;
      if (mode === 'report') this.#findings.note(directory, name, 'found');
      else if (!directory.files.has(name)) this.#know(directory, name, stamp);
    } else if (mode === 'report') this.#findings.note(directory, name, 'found');
    else directory.others.add(name);
  }

  #miss(directory: Directory, entries: readonly Entry[]): void {
    const [names, directories] = [new Set<string>(), new Set<string>()];
    for (const { name, kind } of entries) (kind === 'directory' ? directories : names).add(name);
    for (const name of directory.files.keys()) {
      if (!names.has(name)) this.#findings.note(directory, name, 'gone');
    }
    for (const [name, child] of directory.children) if (!directories.has(name)) this.lose(child);
  }
}

/** null when the directory is gone or must not be read. */
function entriesOf(path: string): readonly Entry[] | null {
  try {
    const at = systemPath(path);
    const entries = readdirSync(at, { withFileTypes: true });
    if (!entries.some(({ name }) => name.includes('\uFFFD'))) {
      return entries.map((entry) => ({ name: entry.name, kind: kindOf(entry) }));
    }
    // A name that is no text, or one with this character in it: only the bytes tell.
    return readdirSync(at, { withFileTypes: true, encoding: 'buffer' }).map((entry) => ({
      name: nameOfBytes(entry.name),
      kind: kindOf(entry),
    }));
  } catch {
    return null;
  }
}
