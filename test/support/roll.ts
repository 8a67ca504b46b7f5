/** Who waits on a source, as tests list them; and what the host would say to make it so. */
import type { HostMessage, Waiter } from '@waitbus/plugin-sdk';
import { stringifyJson } from '@waitbus/plugin-sdk/envelope';

/** A waiter whose number does not matter. */
export type Listed = Omit<Waiter, 'id' | 'env'> & Partial<Pick<Waiter, 'id' | 'env'>>;

export class Roll {
  readonly #known = new Map<string, number>();
  #lastId = 0;

  /** From the list before to this one; who is listed twice is two. */
  become(list: readonly Listed[]): Extract<HostMessage, { type: 'waiters' }> {
    const counts = new Map<string, number>();
    const wanted = new Map(
      list.map((waiter): [string, Listed] => {
        const text = stringifyJson(waiter);
        const nth = (counts.get(text) ?? 0) + 1;
        counts.set(text, nth);
        return [`${nth} ${text}`, waiter];
      }),
    );
    const left = [...this.#known].filter(([key]) => !wanted.has(key));
    const came = [...wanted].filter(([key]) => !this.#known.has(key));
    for (const [key] of left) this.#known.delete(key);
    const added = came.map(([key, waiter]) => {
      const id = waiter.id ?? ++this.#lastId;
      this.#known.set(key, id);
      return { env: null, ...waiter, id };
    });
    return { type: 'waiters', came: added, left: left.map(([, id]) => id) };
  }
}
