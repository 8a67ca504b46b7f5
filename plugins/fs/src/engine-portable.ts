/**
 * The engine for every other system: chokidar, which waits until a file's size stays as it is,
 * since there is no word of a close. Same observations, later. Keeps one watched tree for each
 * outermost root, and looks in turn whether a tree has to be begun anew; `portable-tree.ts` holds
 * what is known of one.
 */
import { realpathSync } from 'node:fs';
import { sep } from 'node:path';
import type { Engine, EngineOptions } from './engine.js';
import { IgnoreRules } from './ignore-rules.js';
import { readMounts, differences } from './mounts.js';
import { PortableTree, type PortableRoot } from './portable-tree.js';

/** Milliseconds between looks at whether a root is still the directory that is watched. */
const LOOK = 250;

class PortableEngine implements Engine {
  readonly #options: EngineOptions;
  readonly #trees = new Map<string, PortableTree>();
  #mounts = readMounts();
  #timer: NodeJS.Timeout | null = null;

  constructor(options: EngineOptions) {
    this.#options = options;
  }

  async setRoots(given: readonly string[]): Promise<void> {
    const roots = [...new Set(given)].map((root) => this.#rootOf(root));
    const outermost = roots.filter(
      ({ real }, n) =>
        !roots.some((other, m) =>
          other.real === real ? m < n : real.startsWith(join(other.real)),
        ),
    );
    // New ones first: a save under a root that is now within another one must not be missed.
    await Promise.all(
      outermost.map(({ real }) => {
        const within = roots.filter(
          (root) => root.real === real || root.real.startsWith(join(real)),
        );
        const tree = this.#trees.get(real);
        if (tree !== undefined) return tree.setRoots(within);
        const opened = new PortableTree(real, within, this.#options);
        this.#trees.set(real, opened);
        return opened.open();
      }),
    );
    for (const [real, tree] of [...this.#trees]) {
      if (outermost.some((root) => root.real === real)) continue;
      this.#trees.delete(real);
      await tree.close();
    }
    if (this.#timer === null && this.#trees.size > 0) {
      this.#timer = setInterval(() => this.#look(), LOOK).unref();
    }
  }

  get watched(): number {
    return [...this.#trees.values()].reduce((sum, { size }) => sum + size, 0);
  }

  resume(): void {
    // chokidar cannot be paused: what it sees is held in memory until it is taken.
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    const all = [...this.#trees.values()];
    this.#trees.clear();
    await Promise.all(all.map((tree) => tree.close()));
  }

  #rootOf(given: string): PortableRoot {
    const real = realOf(given);
    return { given, real, rules: new IgnoreRules(real, this.#options) };
  }

  #look(): void {
    const mounts = readMounts();
    const points = differences(this.#mounts, mounts);
    this.#mounts = mounts;
    for (const tree of this.#trees.values()) tree.look(points);
  }
}

function join(directory: string): string {
  return directory.endsWith(sep) ? directory : directory + sep;
}

/** Without symlinks where it exists, else as it was given. */
function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

export function openPortableEngine(options: EngineOptions): Engine {
  return new PortableEngine(options);
}
