/**
 * The roots that are asked for: which of them are there, which lie within another, and the sentries
 * on the directories above them that tell when one goes, comes back, or gets other ignore rules.
 * Starts scans of roots; does not read directories.
 */
import { basename, dirname, join } from 'node:path';
import { IN, type InotifyRecord } from './decode.js';
import type { EngineOptions } from './engine.js';
import { IgnoreRules } from './ignore-rules.js';
import type { Inotify } from './inotify.js';
import { Presence } from './presence.js';
import type { Scanner } from './scanner.js';
import { lookAt, sameSight, type Sight } from './sight.js';
import type { Directory, Tree, WatchedRoot } from './tree.js';

/**
 * A directory that somebody stands in is told of as gone only by the one above it: its own watch
 * says so when the last who stands in it has left. MASK_ADD, since the same directory may be part
 * of a tree by another path.
 */
const SENTRY_MASK =
  IN.DELETE_SELF |
  IN.MOVE_SELF |
  IN.CREATE |
  IN.MOVED_TO |
  IN.DELETE |
  IN.MOVED_FROM |
  IN.MASK_ADD |
  IN.ONLYDIR;
const GITIGNORE = '.gitignore';
const REPOSITORY = '.git';
/** Rounds of looking in one go; each further one means that a root came or went during the last. */
const MAX_ROUNDS = 10;

type Options = Pick<EngineOptions, 'ignore' | 'gitignore' | 'changed'>;

interface Sentry {
  readonly path: string;
  /** Names in the directory that matter: the way to a root, or what decides the ignore rules. */
  readonly awaited: Set<string>;
  mask: number;
}

export class Roots {
  readonly #inotify: Inotify;
  readonly #tree: Tree;
  readonly #scanner: Scanner;
  readonly #options: Options;
  /** By the path as it was asked for. */
  #wanted = new Map<string, WatchedRoot>();
  #sentries = new Map<number, Sentry>();
  readonly #presence = new Presence();
  #unsettled = false;

  constructor(inotify: Inotify, tree: Tree, scanner: Scanner, options: Options) {
    this.#inotify = inotify;
    this.#tree = tree;
    this.#scanner = scanner;
    this.#options = options;
  }

  get anyMissing(): boolean {
    return [...this.#wanted.values()].some((root) => this.#tree.at(root.real) === undefined);
  }

  /** Whether roots came and went so fast that `check` has to be called again. */
  get unsettled(): boolean {
    return this.#unsettled;
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
    this.#tree.ask(this.#wanted.values());
    for (const top of this.#tree.tops()) if (top.root?.active === false) this.#release(top);
    // A root that lies within another's tree brings its own rules to it, or takes them away.
    for (const [path, root] of [...before, ...this.#wanted]) {
      const within = this.#tree.at(root.real);
      if (before.has(path) === this.#wanted.has(path) || within === undefined) continue;
      if (within.parent !== null) this.#scanner.applyRules(within);
    }
    this.check();
  }

  /**
   * Looks where the roots are now: loses what went, scans what came, and posts the sentries. Ends
   * when a look after the sentries were posted shows what they were posted for: from then on
   * whatever comes or goes makes a record.
   */
  check(): void {
    let sights = this.#look();
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      for (const [path, root] of this.#wanted) this.#checkRoot(path, root, sights.get(path));
      const posted = this.#post(sights);
      const before = sights;
      sights = this.#look();
      this.#unsettled =
        !posted || ![...sights].every(([path, now]) => sameSight(now, before.get(path)));
      if (!this.#unsettled) return;
    }
  }

  receive(record: InotifyRecord): void {
    const sentry = this.#sentries.get(record.wd);
    if (sentry === undefined) return;
    if (record.mask & IN.IGNORED) this.#sentries.delete(record.wd);
    if (record.name === '') return this.check();
    if (!sentry.awaited.has(record.name)) return;
    if (record.name === GITIGNORE || record.name === REPOSITORY) {
      for (const root of this.#wanted.values()) root.rules.forget(sentry.path);
      this.applyRules(this.#tree.tops());
    } else this.check();
  }

  /** The rules changed. A root that they take out of the tree around it becomes its own tree. */
  applyRules(directories: readonly Directory[]): void {
    const held = [...this.#wanted.values()].filter((root) => this.#tree.at(root.real));
    for (const directory of directories) {
      if (this.#tree.holds(directory)) this.#scanner.applyRules(directory);
    }
    this.#options.changed();
    for (const root of held) if (this.#tree.at(root.real) === undefined) root.looked = false;
    this.check();
  }

  #open(given: string): WatchedRoot {
    const { real } = lookAt(given);
    const rules = new IgnoreRules(real, this.#options);
    return { given, real, rules, active: true, looked: false };
  }

  /** A root that is part of a tree is looked after by the watches of that tree. */
  #look(): ReadonlyMap<string, Sight> {
    const sights = new Map<string, Sight>();
    const places = new Map<string, string>();
    for (const [path, root] of this.#wanted) {
      const known = this.#tree.at(root.real);
      const isOfATree = known !== undefined && known.parent !== null;
      const sight = !isOfATree || root.given !== root.real ? lookAt(path) : null;
      if (sight !== null) sights.set(path, sight);
      places.set(path, sight === null || sight.reached === sight.real ? (sight ?? root).real : '');
    }
    if (this.#presence.differs(places)) this.#options.changed();
    return sights;
  }

  #checkRoot(path: string, root: WatchedRoot, sight: Sight | undefined): void {
    if (sight !== undefined && sight.real !== root.real) {
      this.#moveRoot(path, root, sight);
      return;
    }
    const top = this.#tree.at(root.real);
    if (top !== undefined) {
      root.looked = true;
      if (top.parent !== null || this.#tree.isCurrent(top)) return;
      this.#scanner.lose(top);
    }
    if (sight?.reached === root.real) this.#scan(root);
    if (sight !== undefined) root.looked = true;
  }

  /** A symlink on the way to the root leads elsewhere now. */
  #moveRoot(path: string, root: WatchedRoot, { reached }: Sight): void {
    root.active = false;
    const now = { ...this.#open(path), looked: root.looked };
    this.#wanted.set(path, now);
    this.#tree.ask(this.#wanted.values());
    const old = this.#tree.at(root.real);
    if (old?.root === root) this.#release(old);
    if (reached === now.real && this.#tree.at(now.real) === undefined) this.#scan(now);
    now.looked = true;
  }

  #scan(root: WatchedRoot): void {
    const mode = root.looked ? 'report' : 'arm';
    this.#scanner.add({ path: root.real, place: root, mode, again: false });
  }

  /** Nobody asks for this tree any more; roots that lie within it become trees of their own. */
  #release(top: Directory): void {
    for (const root of this.#wanted.values()) {
      const kept = this.#tree.at(root.real);
      if (kept === undefined || !this.#tree.liesWithin(kept, top)) continue;
      this.#tree.detach(kept, root);
      this.#scanner.applyRules(kept);
      if (kept === top) return;
    }
    this.#tree.drop(top);
  }

  /** @returns whether each sentry stands that may */
  #post(sights: ReadonlyMap<string, Sight>): boolean {
    const posts = new Map<string, Sentry>();
    for (const [path, root] of this.#wanted) {
      const sight = sights.get(path);
      if (sight !== undefined) plan(root, sight, posts);
    }
    const old = this.#sentries;
    this.#sentries = new Map();
    let posted = true;
    for (const sentry of posts.values()) {
      if (this.#tree.at(sentry.path) !== undefined) continue;
      const wd = this.#inotify.add(sentry.path, sentry.mask);
      if (typeof wd === 'number') this.#sentries.set(wd, sentry);
      else if (wd === 'gone') posted = false;
    }
    for (const wd of old.keys()) {
      if (!this.#sentries.has(wd) && this.#tree.byWatch(wd).length === 0) this.#inotify.remove(wd);
    }
    return posted;
  }
}

/** Adds the sentries for one root: on each directory of the way, for the next name of it. */
function plan(
  root: WatchedRoot,
  { real, links, reached }: Sight,
  posts: Map<string, Sentry>,
): void {
  const post = (path: string): Sentry => {
    const sentry = posts.get(path) ?? { path, awaited: new Set<string>(), mask: SENTRY_MASK };
    posts.set(path, sentry);
    return sentry;
  };
  for (const { directory, name } of links) post(directory).awaited.add(name);
  for (let below = real; below !== dirname(below); below = dirname(below)) {
    const path = dirname(below);
    if (path !== reached && !isBelow(reached, path)) continue;
    const sentry = post(path);
    sentry.awaited.add(basename(below)).add(REPOSITORY);
    if (path !== root.rules.top && !isBelow(path, root.rules.top)) continue;
    sentry.awaited.add(GITIGNORE);
    sentry.mask |= IN.CLOSE_WRITE;
  }
}

function isBelow(path: string, directory: string): boolean {
  return path.startsWith(join(directory, '/'));
}
