/**
 * The engine for every other system: chokidar, which waits until a file's size stays as it is,
 * since there is no word of a close. Same observations, later.
 */
import { lstat } from 'node:fs/promises';
import { basename, dirname, sep } from 'node:path';
import { watch, type FSWatcher } from 'chokidar';
import type { Engine, EngineOptions } from './engine.js';
import { IgnoreRules } from './ignore-rules.js';
import { isTemporaryName } from './temporary-name.js';

/** Milliseconds. Longer than a writer's pause of a second between two writes. */
const STABLE = { stabilityThreshold: 1200, pollInterval: 50 } as const;

interface Watched {
  readonly rules: IgnoreRules;
  readonly watcher: FSWatcher;
}

class PortableEngine implements Engine {
  readonly #options: EngineOptions;
  readonly #watched = new Map<string, Watched>();

  constructor(options: EngineOptions) {
    this.#options = options;
  }

  async setRoots(roots: readonly string[]): Promise<void> {
    const wanted = outermost(roots);
    // New ones first: a save under a root that is now within another one must not be missed.
    await Promise.all(
      wanted.filter((root) => !this.#watched.has(root)).map((root) => this.#open(root)),
    );
    for (const [root, { watcher }] of this.#watched) {
      if (wanted.includes(root)) continue;
      this.#watched.delete(root);
      await watcher.close();
    }
  }

  resume(): void {
    // chokidar cannot be paused: what it sees is held in memory until it is taken.
  }

  async close(): Promise<void> {
    const all = [...this.#watched.values()];
    this.#watched.clear();
    await Promise.all(all.map(({ watcher }) => watcher.close()));
  }

  async #open(root: string): Promise<void> {
    const rules = new IgnoreRules(root, this.#options);
    const watcher = watch(root, {
      ignoreInitial: true,
      followSymlinks: false,
      awaitWriteFinish: STABLE,
      ignored: (path, stats) =>
        path !== root &&
        (rules.ignores(path, stats?.isDirectory() ?? false) ||
          (stats?.isFile() === true && isTemporaryName(basename(path)))),
    });
    this.#watched.set(root, { rules, watcher });
    const saved = (path: string): void => void this.#saved(root, path);
    watcher
      .on('add', saved)
      .on('change', saved)
      .on('unlink', (path) => this.#deleted(root, path))
      .on('error', (error) => this.#options.failed(error));
    await new Promise<void>((resolve) => watcher.on('ready', resolve));
  }

  async #saved(root: string, path: string): Promise<void> {
    const rules = this.#concern(root, path);
    if (rules === null) return;
    const stat = await lstat(path, { bigint: true }).catch(() => null);
    if (stat === null || stat.isDirectory()) return;
    const { size, mtimeNs } = stat;
    this.#options.observed({ type: 'saved', root, path, size, mtimeNs });
  }

  #deleted(root: string, path: string): void {
    if (this.#concern(root, path) !== null) this.#options.observed({ type: 'deleted', root, path });
  }

  /** The rules, when they leave the path in; a .gitignore among them takes effect here. */
  #concern(root: string, path: string): IgnoreRules | null {
    const rules = this.#watched.get(root)?.rules ?? null;
    if (basename(path) === '.gitignore') rules?.forget(dirname(path));
    if (isTemporaryName(basename(path)) || rules?.ignores(path, false) === true) return null;
    return rules;
  }
}

/** Without the roots that lie within another one. */
function outermost(roots: readonly string[]): readonly string[] {
  return [...new Set(roots)].filter(
    (root) =>
      !roots.some(
        (other) => other !== root && root.startsWith(other.endsWith(sep) ? other : other + sep),
      ),
  );
}

export function openPortableEngine(options: EngineOptions): Engine {
  return new PortableEngine(options);
}
