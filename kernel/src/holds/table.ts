/**
 * Who holds what: pure. A key is a path of segments, `a/b/c`. Two keys conflict when one is the
 * other or lies above it. What conflicts is never held by two at once; those who wait are served in
 * the order in which they came.
 */

export interface Hold<Owner> {
  /** Names this hold; its owner made it up. */
  readonly token: string;
  readonly key: string;
  /** Milliseconds since the epoch: of the grant, or of the request while it waits. */
  readonly since: number;
  /** `orphaned`: held, by an owner who has yet to come back after a restart of the daemon. */
  readonly state: 'held' | 'waiting' | 'orphaned';
  /** null while orphaned. */
  readonly owner: Owner | null;
}

/** Whether two keys cannot be held at once. */
export function conflicts(one: string, other: string): boolean {
  const [short, long] = one.length < other.length ? [one, other] : [other, one];
  return (
    long === short || short === '' || long.startsWith(short.endsWith('/') ? short : `${short}/`)
  );
}

export class HoldTable<Owner> {
  /** By token, in the order in which they came. */
  readonly #holds = new Map<string, Hold<Owner>>();

  get all(): readonly Hold<Owner>[] {
    return [...this.#holds.values()];
  }

  get size(): number {
    return this.#holds.size;
  }

  find(token: string): Hold<Owner> | undefined {
    return this.#holds.get(token);
  }

  /** What stands before a key: what is held, and who waits already. */
  blockersOf(key: string): readonly Hold<Owner>[] {
    return this.all.filter((hold) => conflicts(hold.key, key));
  }

  /**
   * Holds the key if nothing stands before it; else puts it in the queue, if it may wait.
   * @returns what stands before it; empty: it is held now
   */
  request(
    wanted: Pick<Hold<Owner>, 'token' | 'key' | 'since' | 'owner'>,
    mayWait: boolean,
  ): readonly Hold<Owner>[] {
    const blockers = this.blockersOf(wanted.key);
    const { token, key, since, owner } = wanted;
    const state = blockers.length === 0 ? 'held' : 'waiting';
    if (state === 'held' || mayWait) this.#holds.set(token, { token, key, since, owner, state });
    return blockers;
  }

  /** Takes over what was held before a restart; its owner is awaited. */
  orphan(hold: Pick<Hold<Owner>, 'token' | 'key' | 'since'>): void {
    const { token, key, since } = hold;
    this.#holds.set(token, { token, key, since, owner: null, state: 'orphaned' });
  }

  /** The owner of a hold came back. */
  adopt(token: string, owner: Owner): void {
    this.#replace(token, { owner, state: 'held' });
  }

  /**
   * Ends holds, or places in the queue, all of them before anybody else is served.
   * @returns those who waited and hold now, in their order
   */
  end(tokens: Iterable<string>, now: number): readonly Hold<Owner>[] {
    for (const token of tokens) this.#holds.delete(token);
    const all = this.all;
    const granted = all.filter(
      (hold, at) =>
        hold.state === 'waiting' &&
        !all.some(
          (other, place) =>
            other !== hold &&
            (place < at || other.state !== 'waiting') &&
            conflicts(other.key, hold.key),
        ),
    );
    for (const { token } of granted) this.#replace(token, { state: 'held', since: now });
    return granted.flatMap(({ token }) => this.find(token) ?? []);
  }

  #replace(token: string, changes: Partial<Hold<Owner>>): void {
    const hold = this.#holds.get(token);
    if (hold !== undefined) this.#holds.set(token, { ...hold, ...changes });
  }
}
