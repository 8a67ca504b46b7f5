/**
 * Says once of a job that it is stalled, when it was queued or in progress for too long. What it knows
 * of jobs survives restarts.
 */
import type { SourceContext, SourceEvent } from '@waitbus/plugin-sdk';
import { text } from '../events/members.js';
import { jobTitle } from '../events/workflow-job.js';
import { OpenJobs, type OpenJob } from './jobs.js';

export interface StallParts {
  readonly emit: (event: SourceEvent) => Promise<unknown>;
  readonly state: SourceContext['state'];
  readonly log: SourceContext['log'];
  readonly signal: AbortSignal;
  readonly afterMs: number;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

const KEY = 'jobs';
/** The clock may be set, and the machine sleep, so it is looked at in between. */
const MOST_PAUSE_MS = 10 * 60_000;
/** An event that could not be stored is tried again. */
const RETRY_MS = 30_000;

export class StallWatch {
  readonly #parts: Required<StallParts>;
  readonly #jobs: OpenJobs;
  #timer: NodeJS.Timeout | undefined;
  #saving: NodeJS.Immediate | null = null;

  constructor(parts: StallParts) {
    this.#parts = { now: Date.now, ...parts };
    this.#jobs = new OpenJobs(parts.state.get(KEY));
    parts.signal.addEventListener('abort', () => this.#stop(), { once: true });
    this.#arm();
  }

  /** An event that was emitted. */
  take(event: SourceEvent): void {
    if (!this.#jobs.take(event, this.#parts.now())) return;
    this.#save();
    this.#arm();
  }

  #arm(leastMs = 0): void {
    clearTimeout(this.#timer);
    if (this.#parts.signal.aborted) return;
    const next = this.#jobs.nextIn(this.#parts.now(), this.#parts.afterMs);
    if (next === null) return;
    this.#timer = setTimeout(
      () => void this.#look(),
      Math.min(Math.max(next, leastMs), MOST_PAUSE_MS),
    );
  }

  async #look(): Promise<void> {
    const { now, afterMs, emit, log } = this.#parts;
    let pause = 0;
    for (const job of this.#jobs.stalled(now(), afterMs)) {
      try {
        await emit(stallEvent(job, now()));
        this.#jobs.markStalled(job);
        this.#save();
      } catch (error) {
        log.error(`a stalled job could not be told: ${(error as Error).message}`);
        pause = RETRY_MS;
      }
    }
    this.#arm(pause);
  }

  /** What comes in one turn is written once. */
  #save(): void {
    this.#saving ??= setImmediate(() => {
      this.#saving = null;
      this.#parts.state.set(KEY, this.#jobs.toJson());
    });
  }

  #stop(): void {
    clearTimeout(this.#timer);
    if (this.#saving === null) return;
    clearImmediate(this.#saving);
    this.#parts.state.set(KEY, this.#jobs.toJson());
  }
}

/** @param now milliseconds since the epoch */
export function stallEvent({ owner, repo, fields, since }: OpenJob, now: number): SourceEvent {
  const status = text(fields['status']) ?? 'queued';
  const minutes = Math.floor((now - since) / 60_000);
  return {
    event_type: 'workflow_job',
    delivery_id: `github:job:${owner}/${repo}:${fields['job_id'] as string}:${(fields['run_attempt'] ?? 1) as string}:stalled`,
    owner,
    repo,
    ingest_method: 'timer',
    summary: `${jobTitle(fields)}: ${status} for ${minutes} min, stalled`,
    fields: { ...fields, status: 'stalled', stalled_in: status },
    payload: { since: new Date(since).toISOString() },
  };
}
