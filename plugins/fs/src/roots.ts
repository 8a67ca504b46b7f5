/**
 * The roots that are asked for: which of them are there, which lie within another, and the sentries
 * on the directories above them that tell when one goes, comes back, or gets other ignore rules.
 * Starts scans of roots; does not read directories.
 */
import { lstatSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { IN, type InotifyRecord } from './decode.js';
import { IgnoreRules, type IgnoreOptions } from './ignore-rules.js';
import type { Inotify } from './inotify.js';
import type { Scanner } from './scanner.js';
import type { Directory, Tree, WatchedRoot } from './tree.js';

const SENTRY_MASK = IN.DELETE_SELF | IN.MOVE_SELF | IN.ONLYDIR;
const APPEARS = IN.CREATE | IN.MOVED_TO;
const SAVED = IN.CLOSE_WRITE | IN.MOVED_TO | IN.MOVED_FROM | IN.DELETE;
const GITIGNORE = '.gitignore';

interface Sentry {
  readonly path: string;
  /** Names in the directory that matter: the way to a missing root, or a .gitignore. */
  readonly awaited: Set<string>;
  mask: number;
}

export class Roots {
  readonly #inotify: Inotify;
  readonly #tree: Tree;
  readonly #scanner: Scanner;
  readonly #options: IgnoreOptions;
  /** By the path as it was asked for. */
  #wanted = new Map<string, WatchedRoot>();
  #sentries = new Map<number, Sentry>();

  constructor(inotify: Inotify, tree: Tree, scanner: Scanner, options: IgnoreOptions) {
    this.#inotify = inotify;
    this.#tree = tree;
    this.#scanner = scanner;
    this.#options = options;
  }

  get anyMissing(): boolean {
    return [...this.#wanted.values()].some((root) => this.#tree.at(root.real) === undefined);
  }

  /** Replaces the set of roots, and queues the scans that arm the new ones. */
  set(paths: readonly string[]): void {
    const before = this.#wanted;
    this.#wanted = new Map(
      [...new Set(paths)]
        .sort((a, b) => a.length - b.length)
        .map((path) => [path, before.get(path) ?? this.#open(path)]),
    );
    for (const [path, root] of before) if (!this.#wanted.has(path)) root.active = false;
    for (const top of this.#tree.tops()) if (top.root?.active === false) this.#release(top);
    this.check();
  }

  /** Looks where the roots are now: loses what went, scans what came, and posts the sentries. */
  check(): void {
    // Something may appear between the look and the sentry that would have told of it.
    for (let round = 0; round < 10; round += 1) {
      for (const [path, root] of this.#wanted) this.#checkRoot(path, root);
      this.#post();
      if (![...this.#sentries.values()].some((sentry) => this.#cameBefore(sentry))) return;
    }
  }

  /** @returns whether the record was about a sentry's own business */
  receive(record: InotifyRecord): void {
    const sentry = this.#sentries.get(record.wd);
    if (sentry === undefined) return;
    if (record.mask & IN.IGNORED) this.#sentries.delete(record.wd);
    if (record.name === '') return this.check();
    if (!sentry.awaited.has(record.name)) return;
    if (record.name !== GITIGNORE) return this.check();
    for (const top of this.#tree.tops()) {
      top.root?.rules.forget(sentry.path);
      this.#scanner.applyRules(top);
    }
  }

  #open(given: string): WatchedRoot {
    const real = resolveReal(given);
    const rules = new IgnoreRules(real, this.#options);
    return { given, real, rules, active: true, looked: false };
  }

  #checkRoot(path: string, root: WatchedRoot): void {
    const top = this.#tree.at(root.real);
    if (top !== undefined) {
      root.looked = true;
      if (top.parent !== null || this.#tree.isCurrent(top)) return;
      this.#scanner.lose(top);
    }
    let now = root;
    if (resolveReal(path) !== root.real) {
      root.active = false;
      now = { ...this.#open(path), looked: root.looked };
      this.#wanted.set(path, now);
    }
    if (isDirectory(now.real)) {
      const mode = now.looked ? 'report' : 'arm';
      this.#scanner.add({ path: now.real, place: now, mode, again: false });
    }
    now.looked = true;
  }

  /** Nobody asks for this tree any more; roots that lie within it become trees of their own. */
  #release(top: Directory): void {
    for (const root of this.#wanted.values()) {
      const kept = this.#tree.at(root.real);
      if (kept === undefined || !isWithin(this.#tree, kept, top)) continue;
      this.#tree.detach(kept, root);
      this.#scanner.applyRules(kept);
      if (kept === top) return;
    }
    this.#tree.drop(top);
  }

  #post(): void {
    const posts = new Map<string, Sentry>();
    for (const root of this.#wanted.values()) {
      const there = this.#tree.at(root.real);
      if (there === undefined || there.parent === null) this.#plan(root, posts);
    }
    const old = this.#sentries;
    this.#sentries = new Map();
    for (const sentry of posts.values()) {
      if (this.#tree.at(sentry.path) !== undefined) continue;
      const wd = this.#inotify.add(sentry.path, sentry.mask);
      if (wd !== null) this.#sentries.set(wd, sentry);
    }
    for (const wd of old.keys()) {
      if (!this.#sentries.has(wd) && this.#tree.byWatch(wd) === undefined) this.#inotify.remove(wd);
    }
  }

  #plan(root: WatchedRoot, posts: Map<string, Sentry>): void {
    let below = root.real;
    let belowExists = isDirectory(below);
    while (below !== dirname(below)) {
      const path = dirname(below);
      const sentry = posts.get(path) ?? { path, awaited: new Set<string>(), mask: SENTRY_MASK };
      posts.set(path, sentry);
      const exists = belowExists || isDirectory(path);
      if (exists && !belowExists) {
        sentry.awaited.add(below.slice(path === '/' ? 1 : path.length + 1));
        sentry.mask |= APPEARS;
      }
      if (path === root.rules.base || path.startsWith(join(root.rules.base, '/'))) {
        sentry.awaited.add(GITIGNORE);
        sentry.mask |= SAVED;
      }
      [below, belowExists] = [path, exists];
    }
  }

  #cameBefore(sentry: Sentry): boolean {
    return [...sentry.awaited].some(
      (name) => name !== GITIGNORE && isDirectory(join(sentry.path, name)),
    );
  }
}

function isWithin(tree: Tree, directory: Directory, top: Directory): boolean {
  for (let at: Directory | null = directory; at !== null; at = at.parent) {
    if (at === top) return tree.holds(directory);
  }
  return false;
}

function isDirectory(path: string): boolean {
  try {
    return lstatSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** The path without symlinks, as far as it exists. */
function resolveReal(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(resolveReal(parent), path.slice(join(parent, '/').length));
  }
}
