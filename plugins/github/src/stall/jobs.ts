/**
 * The jobs that are queued or in progress, as far as events told of them, and since when. Pure but for
 * its own memory; who keeps it and what time it is are others'.
 */
import { stringifyJson, type Fields, type Json, type SourceEvent } from '@waitbus/plugin-sdk';
import { list, object, text } from '../events/members.js';

export interface OpenJob {
  readonly owner: string;
  readonly repo: string;
  readonly fields: Fields;
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly isStalled: boolean;
}

/** What GitHub calls a job on which something is awaited; `waiting` is for an approval. */
const OPEN: ReadonlySet<unknown> = new Set(['queued', 'in_progress']);
/** GitHub ends a run after 35 days: what is said to be older is told late. */
const MOST_AGE_MS = 35 * 24 * 3_600_000;
const MOST_JOBS = 2000;
/** Ends that are remembered, for what is told of after them. */
const MOST_ENDS = 5000;

export class OpenJobs {
  readonly #jobs: Map<string, OpenJob>;
  /** Jobs and attempts of runs that are over: GitHub does not promise to tell in order. */
  readonly #ended = new Set<string>();

  constructor(saved?: Json) {
    const jobs = list(saved).map((one) => object(one) as unknown as OpenJob);
    this.#jobs = new Map(jobs.map((job) => [jobId(job), job]));
  }

  /** @returns whether it changed anything */
  take(
    { event_type: type, owner = '', repo = '', fields = {} }: SourceEvent,
    now: number,
  ): boolean {
    const status = fields['status'];
    if (type === 'workflow_run') {
      if (status !== 'completed') return false;
      return this.#endRun(runId({ owner, repo, fields }));
    }
    if (type !== 'workflow_job' || fields['job_id'] === undefined) return false;
    const id = jobId({ owner, repo, fields });
    if (!OPEN.has(status)) {
      if (status === 'completed') this.#end(id);
      return this.#jobs.delete(id);
    }
    if (this.#ended.has(id) || this.#ended.has(runId({ owner, repo, fields }))) return false;
    const since = sinceOf(fields, now);
    if (now - since > MOST_AGE_MS) return false;
    const before = this.#jobs.get(id);
    // A queued that comes after its in_progress.
    if (before?.fields['status'] === 'in_progress') return false;
    this.#jobs.set(id, { owner, repo, fields, since, isStalled: before?.isStalled ?? false });
    if (this.#jobs.size > MOST_JOBS) this.#jobs.delete([...this.#jobs.keys()][0] ?? '');
    return true;
  }

  /** Those that stay as they are for longer, and were not said to be stalled. */
  stalled(now: number, afterMs: number): readonly OpenJob[] {
    return [...this.#jobs.values()].filter((job) => !job.isStalled && now - job.since >= afterMs);
  }

  /** Milliseconds until the next one is stalled; null when none will be. */
  nextIn(now: number, afterMs: number): number | null {
    const due = [...this.#jobs.values()].filter((job) => !job.isStalled).map((job) => job.since);
    return due.length === 0 ? null : Math.max(0, Math.min(...due) + afterMs - now);
  }

  markStalled(job: OpenJob): void {
    const id = jobId(job);
    const current = this.#jobs.get(id);
    if (current !== undefined) this.#jobs.set(id, { ...current, isStalled: true });
  }

  toJson(): Json {
    return [...this.#jobs.values()] as unknown as Json;
  }

  #endRun(run: string): boolean {
    this.#end(run);
    const theirs = [...this.#jobs].filter(([, job]) => runId(job) === run);
    for (const [id] of theirs) this.#jobs.delete(id);
    return theirs.length > 0;
  }

  #end(id: string): void {
    this.#ended.add(id);
    if (this.#ended.size > MOST_ENDS) this.#ended.delete([...this.#ended][0] ?? '');
  }
}

type Named = Pick<OpenJob, 'owner' | 'repo' | 'fields'>;

function jobId({ owner, repo, fields }: Named): string {
  return `${owner}/${repo} job ${stringifyJson(fields['job_id'])}`;
}

function runId({ owner, repo, fields }: Named): string {
  return `${owner}/${repo} run ${stringifyJson(fields['run_id'])} ${stringifyJson(fields['run_attempt'] ?? 1)}`;
}

/** Since when it is in its status. A machine whose clock is behind does not wait longer. */
function sinceOf(fields: Fields, now: number): number {
  const at = fields['status'] === 'queued' ? fields['created_at'] : fields['started_at'];
  const since = Date.parse(text(at) ?? text(fields['started_at']) ?? '');
  return Number.isNaN(since) ? now : Math.min(since, now);
}
