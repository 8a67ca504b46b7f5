/**
 * Symlinks to files: whoever writes through one finishes the file of that name, wherever it lies.
 * Watches the places that decide what is behind each link, on an inotify instance of its own, since
 * a watch that the tree has on the same directory must keep its mask. Judges nothing.
 */
import { basename, dirname } from 'node:path';
import { IN } from './decode.js';
import { follow } from './follow.js';
import type { Inotify } from './inotify.js';
import { readStampBehind } from './stamp.js';
import { pathIn, type Directory, type Tree } from './tree.js';

const MASK = IN.MODIFY | IN.CLOSE_WRITE | IN.MOVED_TO | IN.CREATE | IN.ONLYDIR;

interface Link {
  readonly directory: Directory;
  readonly name: string;
  readonly watches: Set<number>;
}

export class Links {
  readonly #open: (readable: () => void) => Inotify;
  readonly #tree: Tree;
  readonly #changed: (directory: Directory, name: string) => void;
  readonly #afterwards: () => void;
  readonly #byPath = new Map<string, Link>();
  /** By watch and by name in the watched directory. */
  readonly #byPlace = new Map<number, Map<string, Set<Link>>>();
  #inotify: Inotify | null = null;

  /**
   * @param changed called for each link when what is behind it may have changed
   * @param afterwards called once after a round of these
   */
  constructor(
    open: (readable: () => void) => Inotify,
    tree: Tree,
    changed: (directory: Directory, name: string) => void,
    afterwards: () => void,
  ) {
    this.#open = open;
    this.#tree = tree;
    this.#changed = changed;
    this.#afterwards = afterwards;
  }

  /** From now on a change behind this link is told; what is there now is known. */
  add(directory: Directory, name: string): void {
    const path = pathIn(directory, name);
    this.#drop(path);
    if (readStampBehind(path)?.kind === 'directory') return;
    const link: Link = { directory, name, watches: new Set() };
    this.#byPath.set(path, link);
    this.#watch(path, link);
    directory.behind.set(name, readStampBehind(path)?.text ?? '');
  }

  /** Lets go of links that are no longer part of the tree. */
  sweep(): void {
    for (const [path, link] of [...this.#byPath]) if (!this.#isThere(link)) this.#drop(path);
  }

  close(): void {
    this.#inotify?.close();
    this.#byPath.clear();
    this.#byPlace.clear();
  }

  #isThere({ directory, name }: Link): boolean {
    return this.#tree.holds(directory) && directory.files.has(name);
  }

  #watch(path: string, link: Link): void {
    this.#inotify ??= this.#open(() => this.#read());
    const { real, links } = follow(path);
    const places = [...links.slice(1), { directory: dirname(real), name: basename(real) }];
    for (const { directory, name } of places) {
      const watch = this.#inotify.add(directory, MASK);
      if (typeof watch !== 'number') continue;
      link.watches.add(watch);
      const names = this.#byPlace.get(watch) ?? new Map<string, Set<Link>>();
      this.#byPlace.set(watch, names);
      names.set(name, (names.get(name) ?? new Set<Link>()).add(link));
    }
  }

  #unwatch(link: Link): void {
    for (const watch of link.watches) {
      const names = this.#byPlace.get(watch);
      for (const [name, links] of names ?? []) {
        links.delete(link);
        if (links.size === 0) names?.delete(name);
      }
      if (names === undefined || names.size > 0) continue;
      this.#byPlace.delete(watch);
      this.#inotify?.remove(watch);
    }
    link.watches.clear();
  }

  #drop(path: string): void {
    const link = this.#byPath.get(path);
    if (link === undefined) return;
    this.#byPath.delete(path);
    link.directory.behind.delete(link.name);
    this.#unwatch(link);
  }

  #read(): void {
    const touched = new Set<Link>();
    for (let complete = false; !complete && this.#inotify !== null;) {
      const drained = this.#inotify.drain();
      complete = drained.complete;
      for (const { wd, mask, name } of drained.records) {
        const all = mask & IN.Q_OVERFLOW ? this.#byPath.values() : this.#byPlace.get(wd)?.get(name);
        for (const link of all ?? []) touched.add(link);
      }
    }
    for (const link of touched) {
      const path = pathIn(link.directory, link.name);
      if (!this.#isThere(link)) {
        this.#drop(path);
        continue;
      }
      this.#unwatch(link);
      this.#watch(path, link);
      this.#changed(link.directory, link.name);
    }
    if (touched.size > 0) this.#afterwards();
  }
}
