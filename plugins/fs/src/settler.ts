/**
 * Decides when a name counts as saved or as deleted. Is told what happened to names, looks at them,
 * and reports; knows nothing of watches or of how directories are read.
 *
 * A name that did not close under our eyes (renamed, linked, or found in a new directory) may still
 * be open in its writer, and its close may be queued. So the lease is asked, and what it says is
 * free is *held* until the queue was seen empty once more: the kernel queues a close before it
 * gives up the write access that the lease tests, so a close that is not there by then never was.
 */
import type { Observation } from './engine.js';
import type { Later } from './later.js';
import type { Lease } from './lease.js';
import { readStamp, type Stamp } from './stamp.js';
import { mayBeTemporary } from './temporary-name.js';
import { pathIn, type Directory, type Tree, type WatchedRoot } from './tree.js';

/**
 * `closed`: a writer closed it. `placed`: renamed to this name. `found`: a scan came upon it.
 * `created`: the name is new, its content perhaps to come. `gone`: deleted or renamed away.
 */
export type Happening = 'closed' | 'placed' | 'found' | 'created' | 'gone';

/** A name that is to be looked at later. `stamp`: what it looked like, when that is compared. */
export interface Postponed {
  readonly directory: Directory;
  readonly name: string;
  readonly root: WatchedRoot;
  readonly reason: Happening;
  readonly attempt: number;
  readonly stamp: string;
}

/** Milliseconds. */
const DELAY = {
  /** A new name that was closed may be an unknown tool's temporary file, about to be renamed. */
  newborn: 2,
  /** The same for a name that has the form of a known tool's temporary file. */
  suspect: 50,
  /** A name that was created without a close was linked, or is being written. */
  created: 20,
  /** A name that goes may come back: editors replace files. */
  gone: 50,
  /** A file whose writer cannot be asked about is finished when it stays as it is for as long. */
  unknown: 1200,
  /** Between looks at a file that is open under a name we may not hear of. */
  busyLongest: 1000,
} as const;

/** After that the directory around a name that came back is taken to be ignored. */
const MAX_CONFIRMATIONS = 100;

interface Held {
  readonly directory: Directory;
  readonly name: string;
  readonly stamp: Stamp;
}

interface Dirty {
  readonly directory: Directory;
  readonly name: string;
  readonly happening: Happening;
}

export class Settler {
  readonly #tree: Tree;
  readonly #lease: Lease;
  readonly #later: Later<Postponed>;
  readonly #observed: (observation: Observation) => void;
  readonly #dirty = new Map<string, Dirty>();
  readonly #held = new Map<string, Held>();

  constructor(
    tree: Tree,
    lease: Lease,
    later: Later<Postponed>,
    observed: (observation: Observation) => void,
  ) {
    this.#tree = tree;
    this.#lease = lease;
    this.#later = later;
    this.#observed = observed;
  }

  /** Whether names wait for the queue to be seen empty. */
  get holds(): boolean {
    return this.#held.size > 0 || this.#dirty.size > 0;
  }

  note(directory: Directory, name: string, happening: Happening): void {
    const path = pathIn(directory, name);
    const before = this.#dirty.get(path);
    if (before !== undefined && before.directory !== directory) {
      // Another directory has taken the path: what was known of the name goes over to it.
      const known = before.directory.files.delete(name);
      if (known && !directory.files.has(name)) directory.files.set(name, '');
    } else if (happening === 'found' && before !== undefined && before.happening !== 'gone') {
      // A scan that comes upon a name of which something is known tells nothing new.
      return;
    }
    this.#dirty.set(path, { directory, name, happening });
  }

  /** @param drained whether the queue was seen empty after the looks of the call before */
  settle(drained: boolean): void {
    for (const [path, held] of this.#held) {
      if (this.#dirty.has(path)) this.#held.delete(path);
      else if (drained) {
        this.#held.delete(path);
        this.#saved(held.directory, held.name, held.stamp);
      }
    }
    const dirty = [...this.#dirty];
    this.#dirty.clear();
    for (const [path, { directory, name, happening }] of dirty) {
      if (happening === 'gone') this.#gone(path, directory, name);
      else this.#appeared(path, directory, name, happening);
    }
  }

  /** The time of a postponed name has come. */
  resume(path: string, postponed: Postponed): void {
    const { directory, name, reason, root } = postponed;
    if (!root.active) return;
    if (reason === 'gone') {
      this.#confirmGone(path, postponed);
    } else if (this.#tree.holds(directory)) {
      if (reason === 'closed') this.#look(directory, name);
      else this.#ask(path, directory, name, postponed);
    }
  }

  #confirmGone(path: string, { directory, name, root, attempt }: Postponed): void {
    const kind = readStamp(path)?.kind;
    if (kind !== 'file' && kind !== 'symlink') {
      this.#observed({ type: 'deleted', ...shown(root, path) });
      return;
    }
    // It is back before the records of its return were read. It stays known, so that if it goes
    // again among those records, that is reported.
    const now = this.#tree.at(directory.path);
    if (now !== undefined && !now.files.has(name)) now.files.set(name, '');
    else if (now === undefined && attempt < MAX_CONFIRMATIONS) {
      this.#later.put(
        path,
        { directory, name, root, reason: 'gone', attempt: attempt + 1, stamp: '' },
        DELAY.gone,
      );
    }
  }

  #gone(path: string, directory: Directory, name: string): void {
    const postponed = this.#later.take(path);
    const known = directory.files.delete(name) || postponed?.reason === 'gone';
    if (known) this.#postpone(path, directory, name, 'gone', DELAY.gone);
  }

  #appeared(path: string, directory: Directory, name: string, happening: Happening): void {
    if (!this.#tree.holds(directory)) return;
    if (this.#later.take(path)?.reason === 'gone') directory.files.set(name, '');
    const known = directory.files.has(name);
    if (happening === 'closed') {
      if (known) this.#look(directory, name);
      else {
        const delay = mayBeTemporary(name) ? DELAY.suspect : DELAY.newborn;
        this.#postpone(path, directory, name, 'closed', delay);
      }
    } else if (happening === 'created') {
      const stamp = readStamp(path);
      if (stamp?.kind === 'symlink') this.#held.set(path, { directory, name, stamp });
      else if (stamp?.kind === 'file') {
        this.#postpone(path, directory, name, 'created', DELAY.created);
      }
    } else this.#ask(path, directory, name, { reason: happening, attempt: 0, stamp: '' });
  }

  /** A writer closed it: whatever is there now is a finished save. */
  #look(directory: Directory, name: string): void {
    const stamp = readStamp(pathIn(directory, name));
    if (stamp?.kind === 'file') this.#saved(directory, name, stamp);
  }

  #ask(
    path: string,
    directory: Directory,
    name: string,
    before: Pick<Postponed, 'reason' | 'attempt' | 'stamp'>,
  ): void {
    const stamp = readStamp(path);
    if (stamp === null) return;
    if (stamp.kind === 'symlink') this.#held.set(path, { directory, name, stamp });
    if (stamp.kind !== 'file') return;
    const writer = this.#lease.writerOf(path);
    const { reason, attempt } = before;
    if (writer === 'free') {
      this.#held.set(path, { directory, name, stamp });
    } else if (writer === 'busy') {
      const delay = Math.min(2 ** (attempt + 1), DELAY.busyLongest);
      this.#postpone(path, directory, name, reason, delay, attempt + 1);
    } else if (writer === 'unknown') {
      // The close of what we saw created will come; a name that was given is taken as finished.
      if (reason === 'created' && stamp.links === 1n) return;
      if (reason === 'placed' || before.stamp === stamp.text) {
        this.#held.set(path, { directory, name, stamp });
      } else this.#postpone(path, directory, name, reason, DELAY.unknown, attempt, stamp.text);
    }
  }

  #postpone(
    path: string,
    directory: Directory,
    name: string,
    reason: Happening,
    delay: number,
    attempt = 0,
    stamp = '',
  ): void {
    const root = this.#tree.rootOf(directory);
    this.#later.put(path, { directory, name, root, reason, attempt, stamp }, delay);
  }

  #saved(directory: Directory, name: string, stamp: Stamp): void {
    if (!this.#tree.holds(directory)) return;
    directory.files.set(name, stamp.text);
    const { size, mtimeNs } = stamp;
    const path = pathIn(directory, name);
    this.#observed({ type: 'saved', ...shown(this.#tree.rootOf(directory), path), size, mtimeNs });
  }
}

/** The path under the root as it was asked for. */
function shown(root: WatchedRoot, path: string): { readonly root: string; readonly path: string } {
  const below = root.real === '/' ? path : path.slice(root.real.length);
  return { root: root.given, path: (root.given === '/' ? '' : root.given) + below };
}
