/**
 * One outermost root and all below it, by chokidar. chokidar does not notice that the root is
 * another directory now, that something was mounted in it, or that other rules count: then it is
 * begun anew, and what differs from what was known is told.
 */
import { lstatSync, statSync } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { basename, dirname, sep } from 'node:path';
import { watch, type FSWatcher } from 'chokidar';
import type { EngineOptions, Place } from './engine.js';
import type { IgnoreRules } from './ignore-rules.js';
import { PortableLinks } from './portable-links.js';
import { stampOf, type Kind, type Stamp } from './stamp.js';

/** Milliseconds. Longer than a writer's pause of a second between two writes. */
const STABLE = { stabilityThreshold: 1200, pollInterval: 50 } as const;

export interface PortableRoot {
  readonly given: string;
  readonly real: string;
  readonly rules: IgnoreRules;
}

/**
 * What a beginning does with what differs from what was known: at the first it is all known; under
 * other rules what just became visible is, too; in place of something else it is told.
 */
type Beginning = 'first' | 'rules' | 'anew';

export class PortableTree {
  readonly #real: string;
  readonly #options: EngineOptions;
  #roots: readonly PortableRoot[];
  #watcher: FSWatcher | null = null;
  readonly #links: PortableLinks;
  /** The stamp of each file, as it was last told or found. */
  #known = new Map<string, string>();
  #identity = '';
  #opening: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(real: string, roots: readonly PortableRoot[], options: EngineOptions) {
    this.#real = real;
    this.#roots = roots;
    this.#options = options;
    const saved = (link: string, stamp: Stamp): void => {
      if (this.#known.has(link)) this.#tell(link, stamp);
    };
    this.#links = new PortableLinks({ stable: STABLE, saved, failed: options.failed });
  }

  /** How many directories are watched. */
  get size(): number {
    return Object.keys(this.#watcher?.getWatched() ?? {}).length;
  }

  /** Takes what is there as known. */
  async open(): Promise<void> {
    await this.#begin('first');
  }

  /** Replaces the roots at or below this one; other rules may count then. */
  async setRoots(roots: readonly PortableRoot[]): Promise<void> {
    const isSame =
      roots.length === this.#roots.length &&
      roots.every(({ given, real }, n) => {
        const before = this.#roots[n];
        return before?.given === given && before.real === real;
      });
    if (isSame) return;
    const before = this.#roots;
    // Who comes anew reads the rules anew; who was there keeps them.
    this.#roots = roots.map((root) => before.find(({ given }) => given === root.given) ?? root);
    await this.#begin('rules');
  }

  /** @param points where something was mounted or unmounted */
  look(points: readonly string[]): void {
    const isOther = identityOf(this.#real) !== this.#identity;
    if (isOther || points.some((point) => this.#concerns(point))) void this.#begin('anew');
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([this.#watcher?.close(), this.#links.close()]);
  }

  #concerns(point: string): boolean {
    return point.startsWith(this.#real === sep ? sep : this.#real + sep) || point === this.#real;
  }

  #begin(beginning: Beginning): Promise<void> {
    this.#identity = identityOf(this.#real);
    if (beginning !== 'first') this.#options.changed();
    this.#opening = this.#opening.then(() => this.#watch(beginning)).catch(this.#options.failed);
    return this.#opening;
  }

  async #watch(beginning: Beginning): Promise<void> {
    if (this.#closed) return;
    const old = this.#watcher;
    const found = new Set<string>();
    const watcher = watch(this.#real, {
      followSymlinks: false,
      // Else it leaves out names that editors use, whatever becomes of them.
      atomic: false,
      awaitWriteFinish: STABLE,
      ignored: (path, stats) => this.#leavesOut(path, stats, found),
      ignoreInitial: true,
    });
    this.#watcher = watcher;
    const saved = (path: string): void => void this.#saved(path);
    watcher
      .on('add', saved)
      .on('change', saved)
      .on('addDir', (path) => path !== this.#real && this.#created(path, 'directory'))
      .on('unlink', (path) => this.#deleted(path))
      .on('error', (error) => this.#options.failed(error));
    await new Promise<void>((resolve) => watcher.on('ready', resolve));
    await old?.close();
    for (const path of [...this.#known.keys()].filter((each) => !found.has(each))) {
      if (stampAt(path) === null) this.#deleted(path);
      this.#known.delete(path);
      this.#links.remove(path);
    }
    // What the watcher before this one was still waiting for is told by this one.
    const recent = BigInt(Date.now() - 2 * STABLE.stabilityThreshold) * 1_000_000n;
    for (const path of found) {
      const stamp = stampAt(path);
      if (stamp === null) continue;
      const isNews = beginning === 'anew' || stamp.mtimeNs > recent;
      if (beginning === 'first' || !(this.#known.has(path) || isNews)) {
        this.#known.set(path, stamp.text);
      } else if (this.#known.get(path) !== stamp.text) this.#savedOnceStable(path, stamp);
    }
  }

  #savedOnceStable(path: string, stamp: Stamp): void {
    const again = (): void => {
      const now = stampAt(path);
      if (now?.text === stamp.text) void this.#saved(path);
      else if (now !== null && !this.#closed) this.#savedOnceStable(path, now);
    };
    setTimeout(again, STABLE.stabilityThreshold).unref();
  }

  /** Whether chokidar is to leave a path out; notes the files that it meets. */
  #leavesOut(path: string, stats: Stats | undefined, found: Set<string>): boolean {
    if (path === this.#real) return false;
    const isDirectory = stats?.isDirectory() ?? false;
    if (this.#ignores(path, isDirectory)) return true;
    if (stats === undefined || isDirectory) return false;
    if (stats.isFile() || stats.isSymbolicLink()) found.add(path);
    if (stats.isSymbolicLink()) this.#links.add(path);
    return false;
  }

  #ignores(path: string, isDirectory: boolean): boolean {
    return this.#over(path).every(({ rules }) => rules.ignores(path, isDirectory));
  }

  #over(path: string): readonly PortableRoot[] {
    return this.#roots.filter(({ real }) => path.startsWith(real === sep ? sep : real + sep));
  }

  #placesOf(path: string): readonly Place[] {
    const places = new Map<string, Place>();
    for (const { given, real } of this.#over(path)) {
      const spelt = real === sep ? path : given + path.slice(real.length);
      if (!places.has(spelt)) places.set(spelt, { root: given, path: spelt });
    }
    return [...places.values()];
  }

  async #saved(path: string): Promise<void> {
    if (this.#closed || this.#ignores(path, false)) return;
    const stamp = await lstat(path, { bigint: true }).then(stampOf, () => null);
    if (stamp === null || stamp.kind === 'directory') return;
    if (stamp.kind !== 'file' && stamp.kind !== 'symlink') return this.#created(path, stamp.kind);
    if (this.#known.get(path) === stamp.text) return;
    if (stamp.kind === 'symlink') this.#links.add(path);
    else this.#links.remove(path);
    this.#tell(path, stamp);
    this.#known.set(path, stamp.text);
    if (isRule(path)) this.#changeRules(path);
  }

  #tell(path: string, { size, mtimeNs }: Stamp): void {
    const places = this.#placesOf(path);
    if (places.length === 0) return;
    this.#options.observed({ type: 'saved', places, real: path, size, mtimeNs });
  }

  #deleted(path: string): void {
    this.#links.remove(path);
    if (this.#closed || !this.#known.delete(path) || this.#ignores(path, false)) return;
    const places = this.#placesOf(path);
    if (places.length > 0) this.#options.observed({ type: 'deleted', places, real: path });
    if (isRule(path)) this.#changeRules(path);
  }

  #created(path: string, kind: Exclude<Kind, 'file' | 'symlink'>): void {
    const places = this.#placesOf(path);
    if (this.#closed || places.length === 0) return;
    this.#options.observed({ type: 'created', kind, places, real: path });
  }

  #changeRules(path: string): void {
    for (const { rules } of this.#roots) rules.forget(dirname(path));
    void this.#begin('rules');
  }
}

type Stats = { isFile(): boolean; isDirectory(): boolean; isSymbolicLink(): boolean };

function isRule(path: string): boolean {
  return basename(path) === '.gitignore';
}

function identityOf(path: string): string {
  try {
    const { dev, ino, birthtimeNs } = statSync(path, { bigint: true });
    return `${dev}:${ino}:${birthtimeNs}`;
  } catch {
    return '';
  }
}

function stampAt(path: string): Stamp | null {
  try {
    return stampOf(lstatSync(path, { bigint: true }));
  } catch {
    return null;
  }
}
