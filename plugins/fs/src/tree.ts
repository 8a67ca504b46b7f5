/**
 * The watched directories and their inotify watches, and which of them stands for which. Holds what
 * was last known of each directory's files; does not read directories or judge files.
 */
import type { Place } from './engine.js';
import { DIRECTORY_MASK, type Inotify, type NoWatch } from './inotify.js';
import type { IgnoreRules } from './ignore-rules.js';

/** A root that somebody asked for. */
export interface WatchedRoot {
  /** As it was asked for, normalised: what the events under it show. */
  readonly given: string;
  /** Without symlinks: what is watched. */
  readonly real: string;
  readonly rules: IgnoreRules;
  /** false once nobody asks for it any more. */
  active: boolean;
  /** Whether it was looked for before: what it holds later is news. */
  looked: boolean;
}

export interface Directory {
  readonly path: string;
  readonly name: string;
  wd: number;
  /** null for the top of a tree; then `root` is set. */
  parent: Directory | null;
  root: WatchedRoot | null;
  readonly children: Map<string, Directory>;
  /** The stamp of each finished file; empty text for one that is being replaced. */
  readonly files: Map<string, string>;
  /** The stamps of the files that symlinks here lead to. */
  readonly behind: Map<string, string>;
  /** Sockets, FIFOs and devices. */
  readonly others: Set<string>;
  /** Names that the ignore rules left out. */
  readonly ignored: Set<string>;
}

export class Tree {
  readonly #inotify: Inotify;
  readonly #byPath = new Map<string, Directory>();
  /** Several where one directory has several paths, by a bind mount or in the midst of a rename. */
  readonly #byWatch = new Map<number, Set<Directory>>();
  /** The roots that are asked for, by where they are. */
  #asked = new Map<string, readonly WatchedRoot[]>();

  constructor(inotify: Inotify) {
    this.#inotify = inotify;
  }

  /** Replaces the roots whose rules and spellings count. */
  ask(roots: Iterable<WatchedRoot>): void {
    this.#asked = new Map();
    for (const root of roots) {
      this.#asked.set(root.real, [...(this.#asked.get(root.real) ?? []), root]);
    }
  }

  /** The roots that a directory lies under or is, the innermost first. */
  *rootsOver(directory: Directory): Generator<WatchedRoot> {
    for (let at: Directory | null = directory; at !== null; at = at.parent) {
      yield* this.#asked.get(at.path) ?? [];
    }
  }

  /** Whether every root above leaves the name out: what one of them takes in is observed. */
  ignores(directory: Directory, name: string, isDirectory: boolean): boolean {
    const path = pathIn(directory, name);
    for (const { rules } of this.rootsOver(directory)) {
      if (!rules.ignores(path, isDirectory)) return false;
    }
    return true;
  }

  /** A .gitignore in the directory may have changed, or the directory is another one now. */
  forgetRules(directory: Directory): void {
    for (const { rules } of this.rootsOver(directory)) rules.forget(directory.path);
  }

  /** The path in each spelling in which it is asked for, by the outermost root of each. */
  placesOf(directory: Directory, name: string): readonly Place[] {
    const path = pathIn(directory, name);
    const places = new Map<string, Place>();
    for (const { real, given } of this.rootsOver(directory)) {
      const below = real === '/' ? path : path.slice(real.length);
      const spelt = (given === '/' ? '' : given) + below;
      places.set(spelt, { root: given, path: spelt });
    }
    return [...places.values()].reverse();
  }

  get size(): number {
    return this.#byPath.size;
  }

  at(path: string): Directory | undefined {
    return this.#byPath.get(path);
  }

  byWatch(wd: number): readonly Directory[] {
    const directories = this.#byWatch.get(wd);
    return directories === undefined ? [] : [...directories];
  }

  /** Whether this very directory is still part of the tree. */
  holds(directory: Directory): boolean {
    return this.#byPath.get(directory.path) === directory;
  }

  /** Whether a directory of the tree is `top` or lies below it. */
  liesWithin(directory: Directory, top: Directory): boolean {
    for (let at: Directory | null = directory; at !== null; at = at.parent) {
      if (at === top) return this.holds(directory);
    }
    return false;
  }

  tops(): readonly Directory[] {
    return [...this.#byPath.values()].filter((directory) => directory.parent === null);
  }

  /**
   * Watches a directory. One that is known already keeps what is known of it, on a new watch if
   * another directory has taken its path.
   * @returns why not, when it cannot be watched
   * @throws WatchFailure at the limit of watches
   */
  enter(path: string, place: Directory | WatchedRoot): Directory | NoWatch {
    const wd = this.#inotify.add(path, DIRECTORY_MASK);
    if (typeof wd === 'string') return wd;
    const known = this.#byPath.get(path);
    if (known !== undefined) {
      this.#move(known, wd);
      return known;
    }
    const parent = 'path' in place ? place : null;
    const directory: Directory = {
      path,
      name: path.slice(path.lastIndexOf('/') + 1),
      wd,
      parent,
      root: 'path' in place ? null : place,
      children: new Map(),
      files: new Map(),
      behind: new Map(),
      others: new Set(),
      ignored: new Set(),
    };
    parent?.children.set(directory.name, directory);
    this.#byPath.set(path, directory);
    this.#move(directory, wd);
    return directory;
  }

  /** Whether the directory's watch is on what its path names now. */
  isCurrent(directory: Directory): boolean {
    return this.#inotify.add(directory.path, DIRECTORY_MASK) === directory.wd;
  }

  /** Makes a top a part of the tree around it. */
  attach(top: Directory, parent: Directory): void {
    top.parent = parent;
    top.root = null;
    parent.children.set(top.name, top);
  }

  /** Makes a part of a tree, or its top, the top of a tree of its own. */
  detach(directory: Directory, root: WatchedRoot): void {
    directory.parent?.children.delete(directory.name);
    directory.parent = null;
    directory.root = root;
  }

  /** Ends the watches of a directory and all below. */
  drop(directory: Directory): void {
    directory.parent?.children.delete(directory.name);
    for (const each of [...this.below(directory)]) {
      if (this.holds(each)) this.#byPath.delete(each.path);
      this.#unwatch(each);
    }
  }

  /** The kernel has ended this watch. */
  forgetWatch(wd: number): void {
    this.#byWatch.delete(wd);
  }

  rootOf(directory: Directory): WatchedRoot {
    let at = directory;
    while (at.parent !== null) at = at.parent;
    return at.root as WatchedRoot;
  }

  /** A directory and all below it, parents first. */
  *below(directory: Directory): Generator<Directory> {
    yield directory;
    for (const child of directory.children.values()) yield* this.below(child);
  }

  #move(directory: Directory, wd: number): void {
    if (directory.wd !== wd) this.#unwatch(directory);
    directory.wd = wd;
    this.#byWatch.set(wd, (this.#byWatch.get(wd) ?? new Set<Directory>()).add(directory));
  }

  /** A watch that another directory of the tree has too is kept. */
  #unwatch(directory: Directory): void {
    const directories = this.#byWatch.get(directory.wd);
    if (directories?.delete(directory) !== true || directories.size > 0) return;
    this.#byWatch.delete(directory.wd);
    this.#inotify.remove(directory.wd);
  }
}

/** The path of a name in a directory. */
export function pathIn(directory: Directory, name: string): string {
  return directory.path === '/' ? `/${name}` : `${directory.path}/${name}`;
}
