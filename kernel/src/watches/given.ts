/** What takers have in hand: given to them, and not said to have woken anybody. In memory: it ends with them. */
import type { Gap, Taker } from './terms.js';

export interface Hand {
  readonly seqs: ReadonlySet<number>;
  readonly gap: Gap | null;
}

const EMPTY: Hand = { seqs: new Set(), gap: null };

export class Given {
  readonly #hands = new Map<Taker, Map<string, Hand>>();

  add(taker: Taker, name: string, seqs: readonly number[], gap: Gap | null): void {
    const own = this.#hands.get(taker) ?? new Map<string, Hand>();
    const before = own.get(name) ?? EMPTY;
    own.set(name, { seqs: new Set([...before.seqs, ...seqs]), gap: gap ?? before.gap });
    this.#hands.set(taker, own);
  }

  /** What takers have of a name. */
  of(name: string): Hand {
    const hands = [...this.#hands.values()].flatMap((own) => own.get(name) ?? []);
    const gap = hands.find((hand) => hand.gap !== null)?.gap ?? null;
    return { seqs: new Set(hands.flatMap(({ seqs }) => [...seqs])), gap };
  }

  /** What a taker has up to a place, by name. */
  upTo(taker: Taker, through: number): ReadonlyMap<string, Hand> {
    const own = [...(this.#hands.get(taker) ?? [])];
    const reached = (seqs: ReadonlySet<number>) =>
      new Set([...seqs].filter((seq) => seq <= through));
    return new Map(own.map(([name, { seqs, gap }]) => [name, { seqs: reached(seqs), gap }]));
  }

  /** Takes that out of its hand; gaps go with it. */
  settle(taker: Taker, through: number): void {
    const own = this.#hands.get(taker) ?? new Map<string, Hand>();
    for (const [name, { seqs }] of own) {
      const left = new Set([...seqs].filter((seq) => seq > through));
      if (left.size > 0) own.set(name, { seqs: left, gap: null });
      else own.delete(name);
    }
    if (own.size === 0) this.#hands.delete(taker);
  }

  /** @returns the names of which it had something */
  drop(taker: Taker): readonly string[] {
    const names = [...(this.#hands.get(taker)?.keys() ?? [])];
    this.#hands.delete(taker);
    return names;
  }
}
