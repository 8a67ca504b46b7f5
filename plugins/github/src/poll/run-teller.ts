/**
 * Emits what is new of runs and their jobs. Runs that are not over are told before jobs, and those
 * that are over last: whoever waits for a commit has to know of all its runs before one ends.
 */
import type { Json, SourceEvent } from '@waitbus/plugin-sdk';
import type { Api } from '../api/client.js';
import type { Members } from '../events/members.js';
import type { Observed } from '../events/observed.js';
import { nameOf, type Repository } from '../events/repository.js';
import { jobEvent, jobState } from '../events/workflow-job.js';
import { isOver, runEvent, runState } from '../events/workflow-run.js';
import { inOrder, membersOf, PER_PAGE } from './run-list.js';
import { ask, Setback } from './setback.js';

export interface TellerParts {
  readonly api: Api;
  readonly emit: (event: SourceEvent) => Promise<unknown>;
}

/** A run has 256 jobs at most, for each of some matrices. */
const MOST_PAGES = 10;
/** Events that are not committed yet; the contract allows twice as many. */
const AT_ONCE = 16;

interface JobsPage {
  readonly etag: string | null;
  readonly isFull: boolean;
}

export class RunTeller {
  readonly #parts: TellerParts;
  readonly #repository: Repository;
  /** By run id: the state that was told last. */
  readonly #told: Map<string, string>;
  /** By run id, those that are not over: by job id, the state that was told last. */
  readonly #jobs = new Map<string, Map<string, string>>();
  readonly #pages = new Map<string, JobsPage>();
  /** Runs that are over and whose last jobs were not read yet. */
  readonly #owing = new Set<string>();

  constructor(
    parts: TellerParts,
    repository: Repository,
    told: ReadonlyMap<string, string> = new Map(),
  ) {
    this.#parts = parts;
    this.#repository = repository;
    this.#told = new Map(told);
    for (const [id, state] of told) if (!isOverState(state)) this.#jobs.set(id, new Map());
  }

  /** The runs that were told of and are not over. */
  get unfinished(): readonly string[] {
    return [...this.#jobs.keys()];
  }

  get told(): ReadonlyMap<string, string> {
    return this.#told;
  }

  /** Takes it as told. */
  skip(run: Members): void {
    this.#told.set(idOf(run), runState(run));
  }

  forget(id: string): void {
    this.#told.delete(id);
    this.#jobs.delete(id);
  }

  /** Forgets those that are over and not among these. */
  keep(ids: ReadonlySet<string>): void {
    for (const id of this.#told.keys())
      if (!ids.has(id) && !this.#jobs.has(id)) this.#told.delete(id);
  }

  /**
   * Tells what changed of these runs, and of the jobs of all that are not over.
   * @throws Setback, or what emitting threw; what was told by then is not told again
   */
  async tell(runs: readonly Members[], withJobs: boolean): Promise<void> {
    const changed = inOrder(runs).filter((run) => this.#told.get(idOf(run)) !== runState(run));
    await this.#tellRuns(changed.filter((one) => !isOver(one)));
    for (const run of changed.filter((one) => !isOver(one))) {
      const id = idOf(run);
      if (!this.#jobs.has(id)) this.#jobs.set(id, new Map());
    }
    const over = changed.filter(isOver);
    if (withJobs) for (const run of over) this.#owing.add(idOf(run));
    const setback = withJobs ? await this.#tellAllJobs() : null;
    await this.#tellRuns(over);
    for (const run of over) this.#close(idOf(run));
    if (setback !== null) throw setback;
  }

  /** @returns what kept it from reading all of them: the runs are told all the same */
  async #tellAllJobs(): Promise<Setback | null> {
    const ids = new Set([...this.#jobs.keys(), ...this.#owing]);
    // Asked for at once, told one run after the other.
    const tries: Promise<Setback | null>[] = [];
    for (const id of ids) tries.push(this.#tryJobs(id, tries.at(-1)));
    const setbacks = await Promise.all(tries);
    return setbacks.find((setback) => setback !== null) ?? null;
  }

  async #tryJobs(id: string, before?: Promise<unknown>): Promise<Setback | null> {
    try {
      await this.#tellJobs(id, before);
    } catch (error) {
      if (!(error instanceof Setback)) throw error;
      // A run that was deleted has none.
      if (error.trouble.kind !== 'refused') return error;
    }
    this.#owing.delete(id);
    return null;
  }

  /** In this order, several on their way at once. */
  async #tellRuns(runs: readonly Members[]): Promise<void> {
    for (let from = 0; from < runs.length; from += AT_ONCE) {
      const some = runs.slice(from, from + AT_ONCE);
      await Promise.all(some.map((run) => this.#tellRun(run)));
    }
  }

  async #tellRun(run: Members): Promise<void> {
    await this.#parts.emit(runEvent(run, this.#observed(run, 'run')));
    this.#told.set(idOf(run), runState(run));
  }

  async #tellJobs(runId: string, before?: Promise<unknown>): Promise<void> {
    const told = this.#jobs.get(runId) ?? new Map<string, string>();
    for (let page = 1; page <= MOST_PAGES; page += 1) {
      const path = `/repos/${nameOf(this.#repository)}/actions/runs/${runId}/jobs?per_page=${PER_PAGE}&page=${page}`;
      const known = this.#pages.get(path);
      const reply = await ask(this.#parts.api, path, known?.etag ?? null);
      await before;
      let isFull = known?.isFull ?? false;
      if (reply.kind === 'fresh') {
        const jobs = membersOf(reply.body, 'jobs');
        for (const job of jobs) {
          if (told.get(idOf(job)) === jobState(job)) continue;
          await this.#parts.emit(jobEvent(job, this.#observed(job, 'job')));
          told.set(idOf(job), jobState(job));
        }
        isFull = jobs.length >= PER_PAGE;
        this.#pages.set(path, { etag: reply.etag, isFull });
      }
      if (!isFull) return;
    }
  }

  #close(runId: string): void {
    this.#jobs.delete(runId);
    const of = `/actions/runs/${runId}/jobs?`;
    for (const path of this.#pages.keys()) if (path.includes(of)) this.#pages.delete(path);
  }

  #observed(happening: Members, what: string): Observed {
    return {
      repository: this.#repository,
      delivery_id: `github:${what}:${nameOf(this.#repository)}:${idOf(happening)}`,
      ingest_method: 'poll',
      payload: happening as Json,
    };
  }
}

export function idOf(happening: Members): string {
  return String(happening['id']);
}

function isOverState(state: string): boolean {
  return state.split(':')[1] === 'completed';
}
