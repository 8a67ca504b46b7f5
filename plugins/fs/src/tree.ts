/**
 * The watched directories and their inotify watches, and which of them stands for which. Holds what
 * was last known of each directory's files; does not read directories or judge files.
 */
import { DIRECTORY_MASK, type Inotify, type NoWatch } from './inotify.js';
import type { IgnoreRules } from './ignore-rules.js';

/** A root that somebody asked for. */
export interface WatchedRoot {
  /** As it was asked for, normalised: what events show. */
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
  /** Names that the ignore rules left out. */
  readonly ignored: Set<string>;
}

export class Tree {
  readonly #inotify: Inotify;
  readonly #byPath = new Map<string, Directory>();
  readonly #byWatch = new Map<number, Directory>();

  constructor(inotify: Inotify) {
    this.#inotify = inotify;
  }

  at(path: string): Directory | undefined {
    return this.#byPath.get(path);
  }

  byWatch(wd: number): Directory | undefined {
    return this.#byWatch.get(wd);
  }

  /** Whether this very directory is still part of the tree. */
  holds(directory: Directory): boolean {
    return this.#byPath.get(directory.path) === directory;
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
      ignored: new Set(),
    };
    parent?.children.set(directory.name, directory);
    this.#byPath.set(path, directory);
    this.#byWatch.set(wd, directory);
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
    this.#byWatch.set(wd, directory);
  }

  /** A watch may have passed to another directory of the tree, by a rename; then it is kept. */
  #unwatch(directory: Directory): void {
    if (this.#byWatch.get(directory.wd) !== directory) return;
    this.#byWatch.delete(directory.wd);
    this.#inotify.remove(directory.wd);
  }
}

/** The path of a name in a directory. */
export function pathIn(directory: Directory, name: string): string {
  return directory.path === '/' ? `/${name}` : `${directory.path}/${name}`;
}
