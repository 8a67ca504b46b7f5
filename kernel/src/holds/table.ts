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
  /** In the order in which they came. */
  #holds: Hold<Owner>[] = [];

  get all(): readonly Hold<Owner>[] {
    return this.#holds;
  }

  find(token: string): Hold<Owner> | undefined {
    return this.#holds.find((hold) => hold.token === token);
  }

  /** What stands before a key: what is held, and who waits already. */
  blockersOf(key: string): readonly Hold<Owner>[] {
    return this.#holds.filter((hold) => conflicts(hold.key, key));
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
    if (blockers.length === 0) this.#holds.push({ token, key, since, owner, state: 'held' });
    else if (mayWait) this.#holds.push({ token, key, since, owner, state: 'waiting' });
    return blockers;
  }

  /** Takes over what was held before a restart; its owner is awaited. */
  orphan(hold: Pick<Hold<Owner>, 'token' | 'key' | 'since'>): void {
    const { token, key, since } = hold;
    this.#holds.push({ token, key, since, owner: null, state: 'orphaned' });
  }

  /** The owner of a hold came back. */
  adopt(token: string, owner: Owner): void {
    this.#replace(token, { owner, state: 'held' });
  }

  /**
   * Ends a hold, or a place in the queue.
   * @returns those who waited and hold now, in their order
   */
  end(token: string, now: number): readonly Hold<Owner>[] {
    this.#holds = this.#holds.filter((hold) => hold.token !== token);
    const granted = this.#holds.filter(
      (hold, at) =>
        hold.state === 'waiting' &&
        !this.#holds.some(
          (other, place) =>
            other !== hold &&
            (place < at || other.state !== 'waiting') &&
            conflicts(other.key, hold.key),
        ),
    );
    for (const { token: next } of granted) this.#replace(next, { state: 'held', since: now });
    return granted.flatMap(({ token: next }) => this.find(next) ?? []);
  }

  #replace(token: string, changes: Partial<Hold<Owner>>): void {
    this.#holds = this.#holds.map((hold) =>
      hold.token === token ? { ...hold, ...changes } : hold,
    );
  }
}
