/** One whole round: all runs of what a waiter asks for, and what it is told of them. Pure. */
import type { Json, WaitNote } from '@waitbus/plugin-sdk';
import { conclusionOf } from '../events/conclusion.js';
import { integer, present, text, type Members } from '../events/members.js';
import { pathOf, runState } from '../events/workflow-run.js';

export interface Round {
  /** `owner/repo` */
  readonly repo: string;
  /** By GitHub's clock, in seconds since the epoch. */
  readonly askedAt: number;
  /** The full names of the commits that it is of. */
  readonly shas: readonly string[];
  readonly runs: readonly Members[];
  /** What it is besides, for programs. */
  readonly about?: Readonly<Record<string, Json>>;
}

/** A note holds 16 KiB; this leaves room for what stands beside the runs. */
const PART_BYTES = 12 * 1024;

/**
 * Says a round to who waits for it, in as many notes as it takes.
 * @param code of the first note; the others have it with `_2`, `_3`... behind
 * @param id names this round among those of the code
 * @param seenAt when a run was first seen in its state, for one that does not tell when it changed
 */
export function roundNotes(
  code: string,
  round: Round,
  id: number,
  seenAt: (run: Members) => number,
): readonly WaitNote[] {
  const rows = newestRuns(round.runs).map((run) => rowOf(run, seenAt(run)));
  const parts: Json[][] = [[]];
  let bytes = 0;
  for (const row of rows) {
    const size = Buffer.byteLength(JSON.stringify(row)) + 1;
    if (bytes + size > PART_BYTES) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(row);
    bytes += size;
  }
  const { repo, askedAt, shas, about = {} } = round;
  return parts.map((runs, at) => ({
    code: at === 0 ? code : `${code}_${at + 1}`,
    level: 'info',
    detail: `GitHub names ${round.runs.length} ${round.runs.length === 1 ? 'run' : 'runs'}`,
    data: {
      ...about,
      complete: true,
      from: 'api',
      round: id,
      parts: parts.length,
      asked_at: askedAt,
      repo,
      shas: [...shas],
      runs,
    },
  }));
}

/** A round that could not be had. */
export function noRound(code: string, why: string): WaitNote {
  return { code, level: 'info', detail: why, data: { complete: false } };
}

/** Deliveries told of all that happened since the commit's runs began. */
export function heardNote(code: string): WaitNote {
  const detail = 'the webhook tells of the runs of this commit';
  return { code, level: 'info', detail, data: { complete: true, from: 'webhook' } };
}

/** Of each workflow, for each way in which it is set off, the newest run. */
export function newestRuns(runs: readonly Members[]): readonly Members[] {
  const newest = new Map<string, Members>();
  for (const run of runs) {
    const key = JSON.stringify([text(run['name']), pathOf(run), text(run['event'])]);
    const known = newest.get(key);
    if (known === undefined || idOf(run) > idOf(known)) newest.set(key, run);
  }
  return [...newest.values()];
}

/** Whether all of them have ended. */
export function isOverAll({ runs }: Round): boolean {
  return runs.length > 0 && newestRuns(runs).every((run) => run['status'] === 'completed');
}

/** The same for two rounds in which nothing differs. */
export function gistOf({ shas, runs, about = {} }: Round): string {
  const states = runs.map((run) => `${String(run['id'])} ${runState(run)} ${changeOf(run) ?? ''}`);
  return JSON.stringify([shas, about, states.sort()]);
}

/** When a run changed last, in seconds since the epoch by GitHub's clock. */
export function changeOf(run: Members): number | null {
  const milliseconds = Date.parse(text(run['updated_at']) ?? '');
  return Number.isNaN(milliseconds) ? null : milliseconds / 1000;
}

function rowOf(run: Members, seenAt: number): Record<string, Json> {
  const status = text(run['status']);
  return present({
    run_id: integer(run['id']) ?? 0,
    run_attempt: integer(run['run_attempt']) ?? 1,
    workflow_name: text(run['name'])?.slice(0, 200),
    workflow_path: pathOf(run)?.slice(0, 200),
    event: text(run['event'])?.slice(0, 64),
    status,
    conclusion: conclusionOf(status, run['conclusion']),
    updated_at: changeOf(run) ?? seenAt,
  });
}

function idOf(run: Members): bigint {
  return BigInt(integer(run['id']) ?? 0);
}
