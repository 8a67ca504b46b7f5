/**
 * The files behind symlinks, by chokidar: a save through a link is one of the link's name. Watches
 * each file for as long as a link leads to it; does not look for links.
 */
import { lstatSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { watch, type ChokidarOptions, type FSWatcher } from 'chokidar';
import { follow } from './follow.js';
import { stampOf, type Stamp } from './stamp.js';

interface Behind {
  readonly links: Set<string>;
  readonly watcher: FSWatcher;
}

export interface PortableLinksOptions {
  readonly stable: NonNullable<ChokidarOptions['awaitWriteFinish']>;
  readonly saved: (link: string, stamp: Stamp) => void;
  readonly failed: (error: unknown) => void;
}

export class PortableLinks {
  readonly #options: PortableLinksOptions;
  /** By the real path of the file. */
  readonly #behind = new Map<string, Behind>();
  /** By the link. */
  readonly #targets = new Map<string, string>();
  #closed = false;

  constructor(options: PortableLinksOptions) {
    this.#options = options;
  }

  /** The link is there, or leads elsewhere now. */
  add(link: string): void {
    const { real } = follow(link);
    if (this.#closed || this.#targets.get(link) === real) return;
    this.remove(link);
    if (isDirectory(real)) return;
    const behind = this.#behind.get(real) ?? { links: new Set(), watcher: this.#watch(real) };
    behind.links.add(link);
    this.#behind.set(real, behind);
    this.#targets.set(link, real);
  }

  /** No link is there any more. */
  remove(link: string): void {
    const real = this.#targets.get(link);
    const behind = real === undefined ? undefined : this.#behind.get(real);
    if (real === undefined || behind === undefined) return;
    this.#targets.delete(link);
    behind.links.delete(link);
    if (behind.links.size > 0) return;
    this.#behind.delete(real);
    behind.watcher.close().catch(this.#options.failed);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const all = [...this.#behind.values()];
    this.#behind.clear();
    this.#targets.clear();
    await Promise.all(all.map(({ watcher }) => watcher.close()));
  }

  #watch(real: string): FSWatcher {
    const { stable, failed } = this.#options;
    const saved = (path: string): void => void this.#saved(path);
    return watch(real, { ignoreInitial: true, awaitWriteFinish: stable })
      .on('add', saved)
      .on('change', saved)
      .on('error', failed);
  }

  async #saved(target: string): Promise<void> {
    const stamp = await stat(target, { bigint: true }).then(stampOf, () => null);
    if (stamp?.kind !== 'file') return;
    for (const link of this.#behind.get(target)?.links ?? []) {
      if (follow(link).real === target) this.#options.saved(link, stamp);
    }
  }
}

function isDirectory(path: string): boolean {
  try {
    return lstatSync(path).isDirectory();
  } catch {
    return false;
  }
}
