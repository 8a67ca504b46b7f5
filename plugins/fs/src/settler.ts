/**
 * Decides when a name counts as saved or as deleted. Is told what happened to names, looks at them,
 * and reports; knows nothing of watches or of how directories are read.
 *
 * A name that did not close under our eyes (renamed, linked, or found in a new directory) may still
 * be open in its writer, and its close may be queued. So the lease is asked, and what it says is
 * free is *held* until the queue was seen empty once more: the kernel queues a close before it
 * gives up the write access that the lease tests, so a close that is not there by then never was.
 */
import type { CreatedKind, Observation } from './engine.js';
import { follow } from './follow.js';
import {
  addsNothing,
  DELAY,
  MAX_CONFIRMATIONS,
  type Happening,
  type Postponed,
} from './happening.js';
import type { Later } from './later.js';
import type { Lease } from './lease.js';
import { readStamp, readStampBehind, type Stamp } from './stamp.js';
import { temporaryLikelihood } from './temporary-name.js';
import { pathIn, type Directory, type Tree } from './tree.js';

interface Held {
  readonly directory: Directory;
  readonly name: string;
  readonly stamp: Stamp;
  /** Whether the stamp is of what a symlink leads to. */
  readonly behind: boolean;
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
  readonly #linked: (directory: Directory, name: string) => void;
  readonly #dirty = new Map<string, Dirty>();
  readonly #held = new Map<string, Held>();

  /** @param linked called for each symlink that is new or another one */
  constructor(
    tree: Tree,
    lease: Lease,
    later: Later<Postponed>,
    observed: (observation: Observation) => void,
    linked: (directory: Directory, name: string) => void,
  ) {
    this.#tree = tree;
    this.#lease = lease;
    this.#later = later;
    this.#observed = observed;
    this.#linked = linked;
  }

  /** Whether names wait. */
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
    } else if (before !== undefined && addsNothing(happening, before.happening)) {
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
        this.#saved(held);
      }
    }
    const dirty = [...this.#dirty];
    this.#dirty.clear();
    for (const [path, { directory, name, happening }] of dirty) {
      if (happening === 'gone') this.#gone(path, directory, name);
      else this.#happened(path, directory, name, happening);
    }
  }

  /** The time of a postponed name has come. */
  resume(path: string, postponed: Postponed): void {
    const { directory, name, reason, root } = postponed;
    if (!root.active) return;
    if (reason === 'gone') {
      this.#confirmGone(path, postponed);
    } else if (this.#tree.holds(directory)) {
      if (reason === 'closed' && temporaryLikelihood(name) !== 'likely') {
        this.#look(directory, name);
      } else this.#ask(path, directory, name, postponed);
    }
  }

  #confirmGone(path: string, { directory, name, root, attempt }: Postponed): void {
    const kind = readStamp(path)?.kind;
    if (kind !== 'file' && kind !== 'symlink') {
      const places = this.#tree.placesOf(directory, name);
      if (places.length > 0) this.#observed({ type: 'deleted', places, real: path });
      return;
    }
    // It is back, its records unread or none. It stays known, so that if it goes again among those
    // records, that is reported.
    const now = this.#tree.at(directory.path);
    if (now !== undefined) {
      if (now.ignored.has(name)) return;
      if (!now.files.has(name)) now.files.set(name, '');
      this.#ask(path, now, name, { reason: 'found', attempt: 0, stamp: '' });
    } else if (attempt < MAX_CONFIRMATIONS) {
      this.#later.put(
        path,
        { directory, name, root, reason: 'gone', attempt: attempt + 1, stamp: '' },
        DELAY.gone,
      );
    }
  }

  #gone(path: string, directory: Directory, name: string): void {
    const postponed = this.#later.take(path);
    directory.others.delete(name);
    const known = directory.files.delete(name) || postponed?.reason === 'gone';
    const kind = readStamp(path)?.kind;
    if (this.#tree.holds(directory) && (kind === 'file' || kind === 'symlink')) {
      // Two names that were exchanged, or a return whose records were not read yet.
      if (known) directory.files.set(name, '');
      this.#arrived(path, directory, name, 'found');
    } else if (known) this.#postpone(path, directory, name, 'gone', DELAY.gone);
  }

  #happened(path: string, directory: Directory, name: string, happening: Happening): void {
    if (!this.#tree.holds(directory)) return;
    if (happening === 'modified') {
      if (this.#later.has(path)) return;
      this.#postpone(path, directory, name, 'modified', DELAY.modified);
    } else if (happening === 'behind') {
      if (this.#later.has(path)) return;
      this.#ask(path, directory, name, { reason: happening, attempt: 0, stamp: '' });
    } else {
      if (this.#later.take(path)?.reason === 'gone') directory.files.set(name, '');
      this.#arrived(path, directory, name, happening);
    }
  }

  #arrived(path: string, directory: Directory, name: string, happening: Happening): void {
    const likelihood = temporaryLikelihood(name);
    if (likelihood === 'likely') {
      this.#postpone(path, directory, name, happening, DELAY.likely);
    } else if (happening === 'closed') {
      if (directory.files.has(name)) this.#look(directory, name);
      else {
        const delay = likelihood === 'possible' ? DELAY.possible : DELAY.newborn;
        this.#postpone(path, directory, name, 'closed', delay);
      }
    } else if (happening === 'created' && readStamp(path)?.kind === 'file') {
      this.#postpone(path, directory, name, 'created', DELAY.created);
    } else this.#ask(path, directory, name, { reason: happening, attempt: 0, stamp: '' });
  }

  /** A writer closed it: what is there is finished. */
  #look(directory: Directory, name: string): void {
    const stamp = readStamp(pathIn(directory, name));
    if (stamp?.kind === 'file') this.#saved({ directory, name, stamp, behind: false });
  }

  #ask(
    path: string,
    directory: Directory,
    name: string,
    before: Pick<Postponed, 'reason' | 'attempt' | 'stamp'>,
  ): void {
    const { reason, attempt } = before;
    const behind = reason === 'behind';
    const stamp = behind ? readStampBehind(path) : readStamp(path);
    if (stamp === null || stamp.kind === 'directory') return;
    const held: Held = { directory, name, stamp, behind };
    if (stamp.kind === 'symlink') this.#held.set(path, held);
    else if (stamp.kind !== 'file') this.#created(directory, name, stamp.kind);
    if (stamp.kind !== 'file') return;
    if (reason === 'modified' && directory.files.get(name) === stamp.text) return;
    if (behind && directory.behind.get(name) === stamp.text) return;
    const writer = this.#lease.writerOf(behind ? follow(path).real : path);
    if (writer === 'free') {
      this.#held.set(path, held);
    } else if (writer === 'busy') {
      const delay = Math.min(2 ** (attempt + 1), DELAY.busyLongest);
      this.#postpone(path, directory, name, reason, delay, attempt + 1);
    } else if (writer === 'unknown') {
      // The close of what we saw created or changed will come; a name that was given, or that had
      // its time, is taken as finished.
      if (reason === 'modified' || (reason === 'created' && stamp.links === 1n)) return;
      if (reason === 'placed' || reason === 'closed' || before.stamp === stamp.text) {
        this.#held.set(path, held);
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

  #saved({ directory, name, stamp, behind }: Held): void {
    if (!this.#tree.holds(directory)) return;
    if (behind) directory.behind.set(name, stamp.text);
    else directory.files.set(name, stamp.text);
    if (stamp.kind === 'symlink') this.#linked(directory, name);
    const places = this.#tree.placesOf(directory, name);
    const { size, mtimeNs } = stamp;
    if (places.length === 0) return;
    this.#observed({ type: 'saved', places, real: pathIn(directory, name), size, mtimeNs });
  }

  /** A directory that was not there before. */
  appeared({ parent, name }: Directory): void {
    if (parent !== null) this.#created(parent, name, 'directory');
  }

  #created(directory: Directory, name: string, kind: CreatedKind): void {
    if (kind !== 'directory' && directory.others.has(name)) return;
    if (kind !== 'directory') directory.others.add(name);
    const places = this.#tree.placesOf(directory, name);
    if (places.length === 0) return;
    this.#observed({ type: 'created', kind, places, real: pathIn(directory, name) });
  }
}
