/**
 * The engine for Linux: takes inotify's records in order and passes each to the part whose business
 * it is. Holds the one loop; the parts decide.
 */
import { basename, dirname } from 'node:path';
import { IN, type InotifyRecord } from './decode.js';
import type { Engine, EngineOptions } from './engine.js';
import { openInotify, type Inotify } from './inotify.js';
import { Later } from './later.js';
import { openLease, type Lease } from './lease.js';
import { Links } from './links.js';
import { watchMounts, type Mounts } from './mounts.js';
import { Roots } from './roots.js';
import { Scanner } from './scanner.js';
import type { Postponed } from './happening.js';
import { Settler } from './settler.js';
import { readStamp } from './stamp.js';
import { pathIn, Tree, type Directory } from './tree.js';

/** Milliseconds that the loop may run before others get a turn. */
const SLICE = 20;

/** What the engine takes from the system; replaced in tests. */
export interface LinuxParts {
  readonly openInotify: (readable: () => void) => Inotify;
  readonly openLease: () => Lease;
  readonly watchMounts?: typeof watchMounts;
}

const SYSTEM: LinuxParts = { openInotify, openLease, watchMounts };

class LinuxEngine implements Engine {
  readonly #options: EngineOptions;
  readonly #inotify: Inotify;
  readonly #lease: Lease;
  readonly #tree: Tree;
  readonly #settler: Settler;
  readonly #scanner: Scanner;
  readonly #roots: Roots;
  readonly #later: Later<Postponed>;
  readonly #links: Links;
  readonly #mounts: Mounts | null;
  #next: NodeJS.Immediate | null = null;
  #overflowed = false;
  #closed = false;

  constructor(options: EngineOptions, parts: LinuxParts) {
    this.#options = options;
    this.#inotify = parts.openInotify(() => this.#turn());
    this.#lease = parts.openLease();
    this.#tree = new Tree(this.#inotify);
    this.#later = new Later<Postponed>(
      (path, postponed) => this.#settler.resume(path, postponed),
      () => this.#turn(),
    );
    const linked = (directory: Directory, name: string): void => this.#links.add(directory, name);
    this.#settler = new Settler(this.#tree, this.#lease, this.#later, options.observed, linked);
    this.#scanner = new Scanner(this.#tree, {
      note: (directory, name, happening) => this.#settler.note(directory, name, happening),
      appeared: (directory) => this.#settler.appeared(directory),
      linked,
    });
    this.#links = new Links(
      parts.openInotify,
      this.#tree,
      (directory, name) => this.#settler.note(directory, name, 'behind'),
      () => this.#turn(),
    );
    this.#mounts = parts.watchMounts?.((points) => this.#remount(points)) ?? null;
    this.#roots = new Roots(this.#inotify, this.#tree, this.#scanner, options);
  }

  async setRoots(roots: readonly string[]): Promise<void> {
    if (this.#closed) return;
    this.#roots.set(roots);
    while (this.#scanner.busy) {
      this.#slice();
      await new Promise((resolve) => setImmediate(resolve));
    }
    // A root within another one needs no sentries once the other's scan has reached it.
    this.#roots.check();
    this.#links.sweep();
    this.#turn();
  }

  resume(): void {
    if (this.#closed) return;
    this.#inotify.listen(true);
    this.#turn();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#next !== null) clearImmediate(this.#next);
    this.#later.clear();
    this.#inotify.close();
    this.#links.close();
    this.#mounts?.close();
    this.#lease.close();
  }

  get watched(): number {
    return this.#tree.size;
  }

  get #isBusy(): boolean {
    return this.#settler.holds || this.#scanner.busy || this.#roots.unsettled;
  }

  #turn(): void {
    if (this.#next !== null) return;
    try {
      this.#slice();
    } catch (error) {
      this.#options.failed(error);
    }
  }

  /** Works until nothing is left to do, or lets others have a turn first. */
  #slice(): void {
    const end = performance.now() + SLICE;
    const isOver = () => performance.now() > end;
    do {
      if (this.#closed) return;
      if (!this.#options.hasRoom()) {
        this.#inotify.listen(false);
        this.#scanner.run(isOver);
        return;
      }
      const { records, complete } = this.#inotify.drain();
      for (const record of records) this.#receive(record);
      if (this.#overflowed && !this.#scanner.busy) this.#rescan();
      this.#scanner.run(isOver);
      if (this.#roots.unsettled || (this.#scanner.takeLost() && this.#roots.anyMissing)) {
        this.#roots.check();
      }
      this.#settler.settle(complete);
    } while (!isOver() && this.#isBusy);
    if (this.#isBusy || this.#overflowed) {
      this.#next ??= setImmediate(() => {
        this.#next = null;
        this.#turn();
      });
    }
  }

  #receive(record: InotifyRecord): void {
    const { wd, mask, name } = record;
    if (mask & IN.Q_OVERFLOW) {
      this.#overflowed = true;
      return;
    }
    this.#roots.receive(record);
    for (const directory of this.#tree.byWatch(wd)) {
      if (name === '') {
        if (directory.parent === null) this.#roots.check();
      } else if (name === '.git') {
        this.#changeRules(directory);
        if (!(mask & IN.ISDIR)) this.#receiveFile(directory, name, mask);
      } else if (mask & IN.ISDIR) this.#receiveDirectory(directory, name, mask);
      else this.#receiveFile(directory, name, mask);
    }
    if (mask & IN.IGNORED) this.#tree.forgetWatch(wd);
  }

  #receiveDirectory(parent: Directory, name: string, mask: number): void {
    const path = pathIn(parent, name);
    const known = this.#tree.at(path);
    const isGone = (mask & (IN.DELETE | IN.MOVED_FROM)) !== 0;
    if (isGone) {
      parent.ignored.delete(name);
      if (known !== undefined) this.#scanner.lose(known);
    }
    if (isGone && readStamp(path)?.kind !== 'directory') {
      // Gone, and not in exchange for another one.
    } else if (this.#tree.ignores(parent, name, true)) {
      parent.ignored.add(name);
    } else {
      // A rename over an empty directory says nothing of the one that it replaced.
      if (known !== undefined && mask & IN.MOVED_TO && !this.#tree.isCurrent(known)) {
        this.#scanner.lose(known);
      }
      this.#scanner.add({ path, place: parent, mode: 'report', again: false });
    }
    if (this.#roots.anyMissing) this.#roots.check();
  }

  #receiveFile(directory: Directory, name: string, mask: number): void {
    if (name === '.gitignore' && !(mask & IN.MODIFY)) this.#changeRules(directory);
    if (this.#tree.ignores(directory, name, false)) return;
    if (mask & IN.CLOSE_WRITE) this.#settler.note(directory, name, 'closed');
    else if (mask & IN.MOVED_TO) this.#settler.note(directory, name, 'placed');
    else if (mask & IN.CREATE) this.#settler.note(directory, name, 'created');
    else if (mask & (IN.DELETE | IN.MOVED_FROM)) this.#settler.note(directory, name, 'gone');
    else if (mask & IN.MODIFY) this.#settler.note(directory, name, 'modified');
  }

  #changeRules(directory: Directory): void {
    this.#tree.forgetRules(directory);
    this.#roots.applyRules([directory]);
  }

  /** Something was mounted or unmounted at these places. */
  #remount(points: readonly string[]): void {
    for (const point of points) {
      const known = this.#tree.at(point);
      const parent = this.#tree.at(dirname(point));
      if (known !== undefined) {
        if (known.parent === null || this.#tree.isCurrent(known)) continue;
        this.#scanner.lose(known);
      }
      if (parent === undefined) continue;
      const isDirectory = readStamp(point)?.kind === 'directory';
      if (this.#tree.ignores(parent, basename(point), isDirectory)) continue;
      if (!isDirectory) this.#settler.note(parent, basename(point), 'found');
      else this.#scanner.add({ path: point, place: parent, mode: 'report', again: false });
    }
    this.#roots.check();
    this.#options.changed();
    this.#turn();
  }

  /** Records were lost: compares everything with what is known of it. */
  #rescan(): void {
    this.#overflowed = false;
    this.#options.log.info('the queue of inotify overflowed; looking for what changed');
    for (const top of this.#tree.tops()) {
      if (top.root === null) continue;
      this.#scanner.add({ path: top.path, place: top.root, mode: 'report', again: true });
    }
    this.#roots.check();
  }
}

/** @throws WatchFailure when the system gives no inotify instance */
export function openLinuxEngine(options: EngineOptions, parts: LinuxParts = SYSTEM): Engine {
  return new LinuxEngine(options, parts);
}
