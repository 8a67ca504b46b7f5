/**
 * All runs of one question to the API, whatever number of pages they fill: conditional, and asked
 * again when a run came or went between two pages.
 */
import type { Api } from '../api/client.js';
import { integer, object, type Members } from '../events/members.js';
import { membersOf, PER_PAGE } from '../poll/run-list.js';
import { ask, Setback } from '../poll/setback.js';

export interface Listing {
  /** Newest first, as GitHub sorts them. */
  readonly runs: readonly Members[];
  /** By GitHub's clock, in seconds since the epoch, when the first page was asked for. */
  readonly askedAt: number;
}

interface Page {
  readonly etag: string | null;
  readonly runs: readonly Members[];
  /** Of all pages; null when it is not said. */
  readonly total: number | null;
}

/** GitHub finds a thousand runs at most. */
const MOST_PAGES = 10;
const MOST_TRIES = 3;

export class RunPages {
  readonly #api: Api;
  readonly #path: string;
  #pages = new Map<number, Page>();

  /** @param path with its query, but for the page */
  constructor(api: Api, path: string) {
    this.#api = api;
    this.#path = path;
  }

  /** @throws Setback */
  async read(): Promise<Listing> {
    for (let tries = 1; ; tries += 1) {
      const { pages, askedAt } = await this.#readPages();
      const runs = [...new Map(pages.flatMap((page) => page.runs).map((run) => [run['id'], run]))];
      const total = Math.max(0, ...pages.map((page) => page.total ?? 0));
      if (runs.length >= Math.min(total, MOST_PAGES * PER_PAGE)) {
        return { runs: runs.map(([, run]) => run), askedAt };
      }
      if (tries === MOST_TRIES) {
        const reason = `it named ${runs.length} of ${total} runs`;
        throw new Setback({ kind: 'failed', reason });
      }
      // What an ETag stands for may be what was half read.
      this.#pages.clear();
    }
  }

  async #readPages(): Promise<{ readonly pages: readonly Page[]; readonly askedAt: number }> {
    const { page: first, askedAt } = await this.#readPage(1);
    if (first.total !== null) {
      const count = Math.min(Math.ceil(first.total / PER_PAGE), MOST_PAGES);
      const numbers = Array.from({ length: Math.max(0, count - 1) }, (_, at) => at + 2);
      const others = await Promise.all(numbers.map((number) => this.#readPage(number)));
      return { pages: [first, ...others.map(({ page }) => page)], askedAt };
    }
    const pages = [first];
    while (pages.at(-1)?.runs.length === PER_PAGE && pages.length < MOST_PAGES) {
      pages.push((await this.#readPage(pages.length + 1)).page);
    }
    return { pages, askedAt };
  }

  async #readPage(number: number): Promise<{ readonly page: Page; readonly askedAt: number }> {
    const path = number === 1 ? this.#path : `${this.#path}&page=${number}`;
    const known = this.#pages.get(number);
    const reply = await ask(this.#api, path, known?.etag ?? null);
    if (reply.kind === 'same') {
      if (known !== undefined) return { page: known, askedAt: reply.date };
      throw new Setback({ kind: 'failed', reason: 'it answered 304 to what was not known' });
    }
    const page = {
      etag: reply.etag,
      runs: membersOf(reply.body, 'workflow_runs'),
      total: totalOf(reply.body),
    };
    this.#pages.set(number, page);
    return { page, askedAt: reply.date };
  }
}

function totalOf(body: unknown): number | null {
  const total = integer(object(body)['total_count']);
  return total === undefined ? null : Number(total);
}
