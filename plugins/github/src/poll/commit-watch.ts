/**
 * The runs of one commit, polled while somebody waits for it. Whatever there is of it is told, what
 * was over before too: the log drops what it has already.
 */
import { sha } from '../events/members.js';
import { nameOf } from '../events/repository.js';
import type { Watch } from './poller.js';
import { membersOf, PER_PAGE } from './run-list.js';
import { RunTeller, type TellerParts } from './run-teller.js';
import { ask } from './setback.js';
import type { Commit } from './targets.js';

export class CommitWatch implements Watch {
  readonly repo: string;
  readonly what: string;
  readonly intervalMs: number;
  readonly #parts: TellerParts;
  readonly #sha: string;
  readonly #teller: RunTeller;
  #etag: string | null = null;

  constructor(parts: TellerParts, commit: Commit, intervalMs: number) {
    this.#parts = parts;
    this.#sha = commit.sha;
    this.repo = nameOf(commit);
    this.what = `${commit.sha.slice(0, 7)} of ${this.repo}`;
    this.intervalMs = intervalMs;
    this.#teller = new RunTeller(parts, { owner: commit.owner, repo: commit.repo });
  }

  async round(): Promise<void> {
    const { api } = this.#parts;
    // The API finds runs by a commit's full name only.
    const only = this.#sha.length === 40 ? `head_sha=${this.#sha}&` : '';
    const path = `/repos/${this.repo}/actions/runs?${only}per_page=${PER_PAGE}`;
    const reply = await ask(api, path, this.#etag);
    const runs = reply.kind === 'fresh' ? membersOf(reply.body, 'workflow_runs') : [];
    const theirs = runs.filter((run) => sha(run['head_sha'])?.startsWith(this.#sha) === true);
    // Without a token there are requests for the runs only.
    await this.#teller.tell(theirs, (await api.token()) !== null);
    if (reply.kind === 'fresh') this.#etag = reply.etag;
  }
}
