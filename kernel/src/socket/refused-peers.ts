/**
 * Says which connections were refused at accept: the first of a user, or of a source, at once, and how
 * many more within the next ten seconds. Whoever tries a thousand times a second fills no log.
 */
import type { Peer } from '../os/peer.js';

const TOLD_EVERY_MS = 10_000;

interface Log {
  warn(details: object, message: string): void;
}

export class RefusedPeers {
  readonly #uid: number;
  readonly #log: Log;
  /** What was told in this span, with how many more there were since. */
  readonly #more = new Map<string, { readonly about: object; count: number }>();

  /** @param uid the daemon's own: who has it and is refused is a source */
  constructor(uid: number, log: Log) {
    this.#uid = uid;
    this.#log = log;
  }

  refused({ uid, pid }: Peer): void {
    const isSource = uid === this.#uid;
    const whose = isSource ? 'a source' : 'another user';
    const key = isSource ? whose : `${uid}`;
    const told = this.#more.get(key);
    if (told !== undefined) {
      told.count += 1;
      return;
    }
    const about = isSource ? { pid } : { peer: uid };
    this.#more.set(key, { about, count: 0 });
    this.#log.warn(about, `refused a connection of ${whose}`);
    if (this.#more.size === 1) setTimeout(() => this.#tellMore(), TOLD_EVERY_MS).unref();
  }

  #tellMore(): void {
    for (const { about, count } of this.#more.values()) {
      if (count > 0) this.#log.warn({ ...about, count }, 'refused more connections of the same');
    }
    this.#more.clear();
  }
}
