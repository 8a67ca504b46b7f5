/** One real request, for who waits for nothing that is asked for anyway: is the API to be had? */
import type { Api } from './api/client.js';
import { explain, type Explained } from './poll/setback.js';

/** An answer is good for this long. */
const KEEP_MS = 5000;

export class Probe {
  readonly #api: Api;
  readonly #what: string;
  #answer: Promise<Explained | null> | null = null;

  /** @param url of the API */
  constructor(api: Api, url: string) {
    this.#api = api;
    this.#what = new URL(url).host;
  }

  /** @returns what is wrong; null: it answers */
  ask(): Promise<Explained | null> {
    if (this.#answer !== null) return this.#answer;
    const answer = this.#ask();
    this.#answer = answer;
    setTimeout(() => (this.#answer = null), KEEP_MS).unref();
    return answer;
  }

  /** This question costs nothing. A server that counts no requests has no answer to it: 404. */
  async #ask(): Promise<Explained | null> {
    const reply = await this.#api.get('/rate_limit');
    if (reply.kind === 'fresh' || reply.kind === 'same') return null;
    if (reply.kind === 'refused' && reply.status === 404) return null;
    const said = explain(reply, this.#what, await this.#api.token());
    if (reply.kind !== 'failed') return said;
    return { ...said, detail: `${this.#what} could not be asked: ${reply.reason}` };
  }
}
