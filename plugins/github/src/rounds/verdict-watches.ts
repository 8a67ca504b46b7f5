/**
 * Keeps a watch for each commit and pull request that somebody waits for. Where webhooks tell of runs
 * it asks rarely: a delivery may have been lost, and GitHub does not deliver again.
 */
import type { SourceEvent, Waiter, WaitNote } from '@waitbus/plugin-sdk';
import type { Api } from '../api/client.js';
import { nameOf } from '../events/repository.js';
import type { Hearing } from '../hearing.js';
import type { Poller } from '../poll/poller.js';
import type { TellerParts } from '../poll/run-teller.js';
import type { Explained } from '../poll/setback.js';
import { commitKey, pullKey, targetsOf, type Targets } from '../poll/targets.js';
import { Births } from './births.js';
import { CommitReader, PullReader, type RoundReader } from './readers.js';
import { noRound } from './round.js';
import { VerdictWatch } from './verdict-watch.js';

/** How often a commit is asked for of which a webhook should tell. */
const HEARD_INTERVAL_MS = 60_000;

export interface VerdictWatchesParts extends TellerParts {
  readonly api: Api;
  readonly note: (waiter: number, note: WaitNote) => void;
  readonly poller: Poller;
  readonly hearing: Hearing;
  readonly intervalMs: number;
}

interface Known {
  readonly targets: Targets;
  readonly watches: ReadonlyMap<string, VerdictWatch>;
}

export class VerdictWatches {
  readonly #parts: VerdictWatchesParts;
  readonly #births = new Births();
  readonly #watches = new Map<string, VerdictWatch>();
  readonly #waiters = new Map<number, Known>();

  constructor(parts: VerdictWatchesParts) {
    this.#parts = parts;
  }

  setWaiters(waiters: readonly Waiter[]): void {
    const ids = new Set(waiters.map(({ id }) => id));
    for (const id of this.#waiters.keys()) if (!ids.has(id)) this.#remove(id);
    for (const waiter of waiters) if (!this.#waiters.has(waiter.id)) this.#add(waiter);
  }

  /** A delivery told of this. */
  hear(event: SourceEvent): void {
    const commit = this.#births.hear(event);
    const { owner = '', repo = '', fields = {} } = event;
    const sha = typeof fields['head_sha'] === 'string' ? fields['head_sha'] : '';
    const isPull = event.event_type === 'pull_request';
    const pull = isPull ? pullKey({ owner, repo, number: Number(fields['number']) }) : '';
    for (const [key, watch] of this.#watches) {
      const isOfCommit = commit?.startsWith(key) === true;
      if (isOfCommit && this.#births.knows(key)) watch.heard();
      else if (isOfCommit || key === pull || (commit !== null && watch.shas.includes(sha))) {
        this.#parts.poller.hasten(watch);
      }
    }
  }

  targetsOf(waiter: number): Targets | null {
    return this.#waiters.get(waiter)?.targets ?? null;
  }

  /** What keeps a waiter from its rounds, once it is known whether they can be had. */
  async troublesOf(waiter: number): Promise<readonly Explained[]> {
    const watches = [...(this.#waiters.get(waiter)?.watches.values() ?? [])];
    await Promise.all(watches.map((watch) => watch.known(waiter)));
    return watches.flatMap((watch) => this.#parts.poller.troubleOf(watch) ?? []);
  }

  #add(waiter: Waiter): void {
    const targets = targetsOf(waiter);
    const watches = new Map<string, VerdictWatch>();
    this.#waiters.set(waiter.id, { targets, watches });
    const { api, poller, note } = this.#parts;
    if (targets.isAnywhere) {
      note(waiter.id, noRound('round', 'the wait names no repository that could be asked for'));
    }
    const wanted: [string, () => RoundReader][] = [
      ...targets.commits.map((commit): [string, () => RoundReader] => [
        commitKey(commit),
        () => new CommitReader(api, commit),
      ]),
      ...targets.pulls.map((pull): [string, () => RoundReader] => [
        pullKey(pull),
        () => new PullReader(api, pull),
      ]),
    ];
    for (const [key, open] of wanted) {
      const known = this.#watches.get(key);
      const watch = known ?? this.#open(key, open());
      watches.set(key, watch);
      this.#watches.set(key, watch);
      watch.add(waiter.id, targets.wantsJobs);
      const isHeard = this.#births.knows(key);
      if (known === undefined) poller.start(watch, isHeard ? watch.intervalMs : 0);
      else if (!isHeard) poller.wake(watch);
    }
  }

  #open(key: string, reader: RoundReader): VerdictWatch {
    const { emit, api, note, hearing, intervalMs } = this.#parts;
    const rarely = Math.max(intervalMs, HEARD_INTERVAL_MS);
    const repo = nameOf(reader.repository);
    const parts = {
      emit,
      api,
      note,
      isHeard: () => this.#births.knows(key),
      intervalMs: () => (hearing.hears(repo) ? rarely : intervalMs),
    };
    return new VerdictWatch(parts, reader);
  }

  #remove(waiter: number): void {
    for (const [key, watch] of this.#waiters.get(waiter)?.watches ?? []) {
      watch.remove(waiter);
      if (!watch.isIdle) continue;
      this.#watches.delete(key);
      this.#parts.poller.stop(watch);
    }
    this.#waiters.delete(waiter);
  }
}
