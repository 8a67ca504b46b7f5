/**
 * What is known of one collection: each object's uid with what was last told of it, and the resource
 * version up to which that is complete. Says what would be news; it is kept only when its caller says
 * that it was told, so that what is saved never runs ahead of what is stored.
 */

/**
 * @typedef {import('./to-event.js').Sighting} Sighting
 * @typedef {import('./to-event.js').SourceEvent} SourceEvent
 * @typedef {import('./to-event.js').Json} Json
 * @typedef {Pick<Sighting, 'uid' | 'key' | 'finished' | 'who'>} Entry
 */

export class Known {
  /** Null before the first list. */
  version = /** @type {string | null} */ (null);
  #entries = /** @type {Map<string, Entry>} */ (new Map());
  #gone;

  /**
   * @param {(entry: Entry) => SourceEvent} gone the event for what went unfinished
   * @param {Json | undefined} saved what `save` returned, in an earlier process
   */
  constructor(gone, saved) {
    this.#gone = gone;
    if (saved === undefined) return;
    const { version, entries } = /** @type {{ version: string, entries: Entry[] }} */ (saved);
    this.version = version;
    this.#entries = new Map(entries.map((entry) => [entry.uid, entry]));
  }

  /** @returns {Json} */
  save() {
    return { version: this.version, entries: [...this.#entries.values()] };
  }

  /**
   * @param {Sighting} sighting an object that is there
   * @returns {SourceEvent | null} what is new about it
   */
  newsOf({ uid, key, event }) {
    return this.#entries.get(uid)?.key === key ? null : event;
  }

  /**
   * @param {Sighting} sighting an object that was deleted, as it stood then
   * @returns {SourceEvent | null}
   */
  newsOfEnd(sighting) {
    return sighting.finished ? this.newsOf(sighting) : this.#gone(sighting);
  }

  /** @param {Sighting} sighting */
  keep({ uid, key, finished, who }) {
    this.#entries.set(uid, { uid, key, finished, who });
  }

  /** @param {string} uid */
  drop(uid) {
    this.#entries.delete(uid);
  }

  /**
   * What a complete list did not hold: it was deleted since.
   * @param {ReadonlySet<string>} uids
   * @returns {{ readonly uid: string, readonly news: SourceEvent | null }[]}
   */
  missingFrom(uids) {
    const missing = [...this.#entries.values()].filter(({ uid }) => !uids.has(uid));
    return missing.map((entry) => ({
      uid: entry.uid,
      news: entry.finished ? null : this.#gone(entry),
    }));
  }

  /** Nothing is known any more: it was of another cluster. */
  forget() {
    this.version = null;
    this.#entries.clear();
  }
}
