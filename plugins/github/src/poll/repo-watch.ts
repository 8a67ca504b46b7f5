/**
 * One repository that is polled whether anybody waits or not: each change of its runs and jobs from
 * the first round on. What was over before is history, and not told.
 */
import type { Json } from '@waitbus/plugin-sdk';
import { object } from '../events/members.js';
import { nameOf, type Repository } from '../events/repository.js';
import { isOver } from '../events/workflow-run.js';
import { membersOf, PER_PAGE } from './run-list.js';
import { idOf, RunTeller, type TellerParts } from './run-teller.js';
import { ask, Setback } from './setback.js';
import type { Watch } from './poller.js';

/** Survives restarts: what of the repository was told, and the ETag of the list that was read last. */
export interface RepoState {
  readonly etag: string | null;
  readonly told: Readonly<Record<string, string>>;
  /** Runs that are not over and no longer in the list. */
  readonly strays: readonly string[];
}

export interface RepoWatchParts extends TellerParts {
  readonly load: () => RepoState | null;
  readonly save: (state: RepoState & Json) => void;
}

export class RepoWatch implements Watch {
  readonly repo: string;
  readonly what: string;
  readonly intervalMs: number;
  readonly #parts: RepoWatchParts;
  readonly #teller: RunTeller;
  #etag: string | null;
  #strays: readonly string[];
  #isNew: boolean;
  #saved: string;

  constructor(parts: RepoWatchParts, repository: Repository, intervalMs: number) {
    const state = parts.load();
    this.#parts = parts;
    this.repo = nameOf(repository);
    this.what = this.repo;
    this.intervalMs = intervalMs;
    this.#isNew = state === null;
    this.#etag = state?.etag ?? null;
    this.#strays = state?.strays ?? [];
    this.#teller = new RunTeller(parts, repository, new Map(Object.entries(state?.told ?? {})));
    this.#saved = JSON.stringify(state);
  }

  async round(): Promise<void> {
    const path = `/repos/${this.repo}/actions/runs?per_page=${PER_PAGE}`;
    const reply = await ask(this.#parts.api, path, this.#etag);
    const listed = reply.kind === 'fresh' ? membersOf(reply.body, 'workflow_runs') : [];
    if (reply.kind === 'fresh') {
      if (this.#isNew) for (const run of listed.filter(isOver)) this.#teller.skip(run);
      this.#isNew = false;
      const ids = new Set(listed.map(idOf));
      this.#strays = this.#teller.unfinished.filter((id) => !ids.has(id));
    }
    const strays = await this.#readStrays();
    try {
      await this.#teller.tell([...listed, ...strays], true);
      if (reply.kind === 'fresh') {
        this.#teller.keep(new Set(listed.map(idOf)));
        this.#etag = reply.etag;
      }
      const unfinished = new Set(this.#teller.unfinished);
      this.#strays = this.#strays.filter((id) => unfinished.has(id));
    } finally {
      if (!this.#isNew) this.#save();
    }
  }

  /** A busy list has no room for a run that takes long. */
  async #readStrays() {
    const runs = [];
    for (const id of this.#strays) {
      const reply = await this.#parts.api.get(`/repos/${this.repo}/actions/runs/${id}`);
      if (reply.kind === 'fresh') runs.push(object(reply.body));
      // It was deleted.
      else if (reply.kind === 'refused' && reply.status === 404) this.#teller.forget(id);
      else if (reply.kind !== 'same') throw new Setback(reply);
    }
    return runs;
  }

  #save(): void {
    const told = Object.fromEntries(this.#teller.told);
    const state = { etag: this.#etag, told, strays: [...this.#strays] };
    const text = JSON.stringify(state);
    if (text === this.#saved) return;
    this.#saved = text;
    this.#parts.save(state);
  }
}
