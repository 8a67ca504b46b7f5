/**
 * Commits whose runs began while deliveries came in, so that the log has all that happened to them.
 * Forgotten with the process: what was delivered while there was none is lost.
 */
import type { SourceEvent } from '@waitbus/plugin-sdk';
import { object, text } from '../events/members.js';

const MOST = 1000;
/** A push comes soon after its commit; a run that begins later may not be the commit's first. */
const FRESH_MS = 3_600_000;
const BEGINNING: ReadonlySet<unknown> = new Set(['requested', 'queued', 'waiting', 'pending']);

export class Births {
  /** By `owner/repo@sha`: whether the first that was heard of it was the beginning of a run. */
  readonly #heard = new Map<string, boolean>();

  /** @returns the commit that the delivery told of; null for none */
  hear(event: SourceEvent): string | null {
    const { event_type: type, owner, repo, fields = {} } = event;
    const sha = fields['head_sha'];
    if (type !== 'workflow_run' || typeof sha !== 'string') return null;
    const key = `${owner}/${repo}@${sha}`;
    if (!this.#heard.has(key)) {
      this.#heard.set(key, isBirth(event));
      const [oldest] = this.#heard.keys();
      if (this.#heard.size > MOST && oldest !== undefined) this.#heard.delete(oldest);
    }
    return key;
  }

  /** @param key `owner/repo@sha`, of which only the beginning of the SHA may be said */
  knows(key: string): boolean {
    if (key.length - key.indexOf('@') > 40) return this.#heard.get(key) === true;
    const found = [...this.#heard].filter(([other]) => other.startsWith(key));
    return found.length === 1 && found[0]?.[1] === true;
  }
}

function isBirth({ fields = {}, payload }: SourceEvent): boolean {
  if (!BEGINNING.has(fields['status'])) return false;
  if (fields['run_attempt'] !== undefined && fields['run_attempt'] !== 1) return false;
  const run = object(object(payload)['workflow_run']);
  const committed = Date.parse(text(object(run['head_commit'])['timestamp']) ?? '');
  const created = Date.parse(text(run['created_at']) ?? '');
  // What is not said speaks for nothing.
  return !(Math.abs(created - committed) > FRESH_MS);
}
