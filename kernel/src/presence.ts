/**
 * Whether the daemon's files are still the ones at their paths. A store that was deleted takes
 * commits that nobody can ever read again, and a socket that was deleted cannot be reached while
 * the locks still keep the next daemon out. Tells; what follows is its owner's.
 *
 * The system's word comes at once (a watch costs nothing at rest); where it does not come (no watch
 * to be had, the write-ahead log, a directory further up renamed), a look once a second of commits
 * and at each heartbeat finds it.
 */
import { statSync, watch, type FSWatcher } from 'node:fs';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';

const LOOK_MS = 1000;

export interface PresenceOptions {
  /** Files without which nothing may be acknowledged. */
  readonly store: readonly string[];
  /** Files without which nobody finds the daemon. */
  readonly meeting: readonly string[];
  /**
   * What is watched: files and directories that are not written to in daily work, as every write
   * would wake the watcher.
   */
  readonly watched: readonly string[];
  /** Called once. */
  readonly onLost: (error: WaitbusError) => void;
}

export class Presence {
  readonly #options: PresenceOptions;
  readonly #identities: ReadonlyMap<string, string>;
  readonly #watchers: FSWatcher[] = [];
  #nextLook = 0;
  #lost = false;
  #refusal: WaitbusError | null = null;

  /** Holds the files to what they are now; one that is not there now is never missed. */
  constructor(options: PresenceOptions) {
    this.#options = options;
    this.#identities = new Map(
      [...options.store, ...options.meeting].flatMap((file) => {
        const identity = identityOf(file);
        return identity === null ? [] : [[file, identity]];
      }),
    );
    for (const path of options.watched) this.#watch(path);
  }

  /** Why nothing may be stored any more; looks at most once a second. */
  refusal(): WaitbusError | null {
    if (performance.now() >= this.#nextLook) this.look();
    return this.#refusal;
  }

  look(): void {
    this.#nextLook = performance.now() + LOOK_MS;
    if (this.#lost) return;
    const { store, onLost } = this.#options;
    const missing = [...this.#identities].find(([file, was]) => identityOf(file) !== was)?.[0];
    if (missing === undefined) return;
    this.#lost = true;
    const error = new WaitbusError(
      'WAITBUS_STORE_GONE',
      `${missing} was removed or replaced while the daemon ran`,
    );
    if (store.includes(missing)) this.#refusal = error;
    onLost(error);
  }

  close(): void {
    this.#lost = true;
    for (const watcher of this.#watchers) watcher.close();
  }

  #watch(path: string): void {
    try {
      const watcher = watch(path, { persistent: false }, () => this.look());
      watcher.on('error', () => watcher.close());
      this.#watchers.push(watcher);
    } catch {
      // No watch to be had, of which a system has only so many: the looks remain.
    }
  }
}

/** Which file stands at a path; null for none. */
function identityOf(file: string): string | null {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat === undefined ? null : `${stat.dev}:${stat.ino}`;
}
