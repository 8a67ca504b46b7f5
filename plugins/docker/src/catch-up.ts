/**
 * After a time without the stream: finds the exits that it does not tell of, in the engine's records.
 */
import type { SourceLog } from '@waitbus/plugin-sdk';
import type { EngineApi } from './engine-api.js';
import { parseEngineEvent, type EngineEvent } from './engine-event.js';
import type { Feed } from './feed.js';
import type { Ledger } from './ledger.js';
import {
  parseList,
  parseRecord,
  runningSince,
  untoldExit,
  type ContainerRecord,
} from './records.js';

/** Records that are asked for at once. */
const AT_ONCE = 4;

/** The stream has what the engine remembers; should it withhold some of it, this is waited for it. */
const PATIENCE_MS = 5000;

export interface CatchUpOptions {
  readonly api: EngineApi;
  readonly ledger: Ledger;
  readonly feed: Feed;
  readonly log: SourceLog;
  /** Aborted when the stream has ended. */
  readonly signal: AbortSignal;
}

/** To be called while the stream is open, and read from the ledger's `since` on. */
export async function catchUp(options: CatchUpOptions): Promise<void> {
  const { api, ledger, feed, log, signal } = options;
  const since = ledger.since;
  const remembered = ledger.containers;
  const listed = parseList(await api.containers());
  if (listed === null) {
    log.warn('the list of containers is not understood: exits in between may be missing');
    return;
  }
  feed.codes.list(listed);
  const ids = listed.map(({ id }) => id);
  const records = await readRecords(api, ids, signal);
  // What the engine did before it answered is in its history, and the stream tells it: first of all
  // the exits that are both in the records and in the stream.
  const { engine, history } = await api.history(since);
  const last = lastEvent(history, engine.isPodman);
  if (last !== null) await inTime(feed.passed(last), signal);
  await inTime(feed.settled(), signal);
  if (signal.aborted) return;
  for (const record of records) {
    // It ended since, and the stream tells of that.
    if (feed.isPending(record.Id)) continue;
    const begun = runningSince(record);
    const exit = untoldExit(record, ledger);
    if (exit !== null) feed.push(exit);
    if (begun !== null) ledger.started(record.Id, begun);
  }
  const present = new Set(ids);
  for (const container of remembered) if (!present.has(container)) ledger.forget(container);
}

async function readRecords(
  api: EngineApi,
  containers: readonly string[],
  signal: AbortSignal,
): Promise<readonly ContainerRecord[]> {
  const records: ContainerRecord[] = [];
  const left = [...containers];
  const read = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      if (signal.aborted) return;
      const record = parseRecord(await api.inspect(next));
      if (record !== null) records.push(record);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, read));
  return records;
}

function lastEvent(history: string, isPodman: boolean): EngineEvent | null {
  const lines = history.split('\n').filter((line) => line.trim() !== '');
  for (const line of lines.reverse()) {
    const event = parseEngineEvent(line, isPodman);
    if (event !== null) return event;
  }
  return null;
}

function inTime(event: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, PATIENCE_MS);
    signal.addEventListener('abort', done);
    void event.then(done);
  });
}
