/**
 * The engine for Linux: takes inotify's records in order and passes each to the part whose business
 * it is. Holds the one loop; the parts decide.
 */
import { IN, type InotifyRecord } from './decode.js';
import type { Engine, EngineOptions } from './engine.js';
import { openInotify, type Inotify } from './inotify.js';
import { Later } from './later.js';
import { openLease, type Lease } from './lease.js';
import { Roots } from './roots.js';
import { Scanner } from './scanner.js';
import { Settler, type Postponed } from './settler.js';
import { isTemporaryName } from './temporary-name.js';
import { pathIn, Tree, type Directory } from './tree.js';

/** Milliseconds that the loop may run before others get a turn. */
const SLICE = 20;

/** What the engine takes from the system; replaced in tests. */
export interface LinuxParts {
  readonly openInotify: (readable: () => void) => Inotify;
  readonly openLease: () => Lease;
}

const SYSTEM: LinuxParts = { openInotify, openLease };

class LinuxEngine implements Engine {
  readonly #options: EngineOptions;
  readonly #inotify: Inotify;
  readonly #lease: Lease;
  readonly #tree: Tree;
  readonly #settler: Settler;
  readonly #scanner: Scanner;
  readonly #roots: Roots;
  readonly #later: Later<Postponed>;
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
    this.#settler = new Settler(this.#tree, this.#lease, this.#later, options.observed);
    this.#scanner = new Scanner(this.#tree, (directory, name, happening) =>
      this.#settler.note(directory, name, happening),
    );
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
    this.#lease.close();
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
    const directory = this.#tree.byWatch(wd);
    if (directory === undefined) return;
    if (name === '') {
      if (mask & IN.IGNORED) this.#tree.forgetWatch(wd);
      if (directory.parent === null) this.#roots.check();
    } else if (mask & IN.ISDIR) {
      this.#receiveDirectory(directory, name, mask);
    } else {
      this.#receiveFile(directory, name, mask);
    }
  }

  #receiveDirectory(parent: Directory, name: string, mask: number): void {
    const path = pathIn(parent, name);
    const known = this.#tree.at(path);
    if (mask & (IN.DELETE | IN.MOVED_FROM)) {
      parent.ignored.delete(name);
      if (known !== undefined) this.#scanner.lose(known);
    } else if (this.#tree.rootOf(parent).rules.ignores(path, true)) {
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
    const { rules } = this.#tree.rootOf(directory);
    if (name === '.gitignore') {
      rules.forget(directory.path);
      this.#roots.applyRules([directory]);
    }
    if (isTemporaryName(name) || rules.ignores(pathIn(directory, name), false)) return;
    if (mask & IN.CLOSE_WRITE) this.#settler.note(directory, name, 'closed');
    else if (mask & IN.MOVED_TO) this.#settler.note(directory, name, 'placed');
    else if (mask & IN.CREATE) this.#settler.note(directory, name, 'created');
    else if (mask & (IN.DELETE | IN.MOVED_FROM)) this.#settler.note(directory, name, 'gone');
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
