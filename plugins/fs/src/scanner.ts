/**
 * Reads directories: on arming to know what is there, later to find what came without a word (a
 * directory that appeared with files in it, a queue that overflowed). Works in slices, so that the
 * process stays responsive; each directory is entered, read and compared in one step.
 */
import { readdirSync, type Dirent } from 'node:fs';
import type { Happening } from './settler.js';
import { readStamp } from './stamp.js';
import { isTemporaryName } from './temporary-name.js';
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

type Note = (directory: Directory, name: string, happening: Happening) => void;

export class Scanner {
  readonly #tree: Tree;
  readonly #note: Note;
  #queue: Scan[] = [];
  #next = 0;
  #idle: (() => void)[] = [];
  #lost = false;

  constructor(tree: Tree, note: Note) {
    this.#tree = tree;
    this.#note = note;
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
      for (const name of each.files.keys()) this.#note(each, name, 'gone');
    }
    this.#drop(directory);
  }

  /** The rules changed: leaves out what they ignore now, takes in what they no longer do. */
  applyRules(directory: Directory): void {
    const { rules } = this.#tree.rootOf(directory);
    const { ignored, files, children } = directory;
    const left = [...ignored];
    ignored.clear();
    for (const name of files.keys()) {
      if (!rules.ignores(pathIn(directory, name), false)) continue;
      files.delete(name);
      ignored.add(name);
    }
    for (const [name, child] of children) {
      if (!rules.ignores(child.path, true)) continue;
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
    if (this.#tree.rootOf(directory).rules.ignores(path, isDirectory)) directory.ignored.add(name);
    else if (isDirectory) this.add({ path, place: directory, mode: 'arm', again: false });
    else directory.files.set(name, stamp.text);
  }

  #drop(directory: Directory): void {
    this.#tree.rootOf(directory).rules.forget(directory.path);
    this.#tree.drop(directory);
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
    for (const entry of entries) this.#meet(directory, entry, scan);
    if (scan.again) this.#miss(directory, entries);
  }

  #meet(directory: Directory, entry: Dirent, { mode, again }: Scan): void {
    const { name } = entry;
    const isDirectory = entry.isDirectory();
    if (!isDirectory && (isTemporaryName(name) || !(entry.isFile() || entry.isSymbolicLink()))) {
      return;
    }
    const path = pathIn(directory, name);
    if (this.#tree.rootOf(directory).rules.ignores(path, isDirectory)) {
      directory.ignored.add(name);
    } else if (isDirectory) {
      this.add({ path, place: directory, mode, again });
    } else {
      const stamp = readStamp(path)?.text;
      if (stamp === undefined || stamp === directory.files.get(name)) return;
      if (mode === 'report') this.#note(directory, name, 'found');
      else if (!directory.files.has(name)) directory.files.set(name, stamp);
    }
  }

  #miss(directory: Directory, entries: readonly Dirent[]): void {
    const [names, directories] = [new Set<string>(), new Set<string>()];
    for (const entry of entries) (entry.isDirectory() ? directories : names).add(entry.name);
    for (const name of directory.files.keys()) {
      if (!names.has(name)) this.#note(directory, name, 'gone');
    }
    for (const [name, child] of directory.children) if (!directories.has(name)) this.lose(child);
  }
}

function entriesOf(path: string): readonly Dirent[] | null {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch {
    return null;
  }
}
