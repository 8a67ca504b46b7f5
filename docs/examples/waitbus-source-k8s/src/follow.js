/**
 * Follows one collection for as long as the source runs: lists, watches from where the list stood,
 * and takes the watch up again whenever it ends. Each change is handled after the one before it was
 * committed; what was not handled yet is heard again from the resource version that was.
 */
import { setTimeout as rest } from 'node:timers/promises';
import { backoff } from './backoff.js';
import { isGone, isLasting, reasonOf } from './trouble.js';

/** At most this many changes wait for their turn; past it the watch is closed and taken up again. */
const MAX_WAITING = 1000;
/** A watch that stood this long before it ended starts a new row of failures, in milliseconds. */
const STABLE_MS = 10_000;

/**
 * @typedef {import('./cluster.js').Collection} Collection
 * @typedef {import('./cluster.js').Pod} Pod
 * @typedef {import('./cluster.js').Job} Job
 * @typedef {import('./known.js').Known} Known
 * @typedef {import('./to-event.js').Sighting} Sighting
 * @typedef {import('./to-event.js').SourceEvent} SourceEvent
 *
 * @typedef {object} Following
 * @property {Collection} collection
 * @property {Known} known
 * @property {(object: any) => Sighting} sight
 * @property {(event: SourceEvent) => Promise<void>} tell resolves when the event is committed
 * @property {() => void} moved something in `known` is new
 * @property {() => void} ready nothing that happens from now on is missed; called once or more
 * @property {import('@waitbus/plugin-sdk').SourceLog} log
 * @property {AbortSignal} signal
 */

/**
 * @param {Following} following
 * @throws what somebody has to mend, and anything before the first list
 */
export async function follow(following) {
  const { collection, known, ready, log, signal } = following;
  let listed = known.version !== null && (await isSameCluster(collection, known));
  let isReady = false;
  let failures = 0;
  while (!signal.aborted) {
    const since = performance.now();
    let from = known.version;
    try {
      if (!listed) await list(following);
      listed = true;
      isReady = true;
      ready();
      from = known.version;
      await watch(following);
      log.debug(`${collection.path}: the watch ended`);
    } catch (error) {
      if (signal.aborted) return;
      if (isGone(error)) listed = false;
      else if (isLasting(error) || !isReady) throw error;
      log.warn(`${collection.path}: ${reasonOf(error)}`);
    }
    const wasGood = known.version !== from || performance.now() - since >= STABLE_MS;
    failures = wasGood ? 1 : failures + 1;
    await rest(backoff(failures), undefined, { signal }).catch(() => undefined);
  }
}

/**
 * Asks for one object: a server that does not answer, or does not let us, is told of at once. One
 * whose version lies before ours is another cluster in the same place, of which nothing is known.
 * @param {Collection} collection
 * @param {Known} known
 */
async function isSameCluster(collection, known) {
  for await (const { version } of collection.pages(1)) {
    if (Number(version) >= Number(known.version)) return true;
    break;
  }
  known.forget();
  return false;
}

/** @param {Following} following */
async function list({ collection, known, sight, tell, moved }) {
  // What was there before anybody looked is where we start from, not news.
  const isFirst = known.version === null;
  const uids = /** @type {Set<string>} */ (new Set());
  let reached = known.version;
  for await (const { objects, version } of collection.pages()) {
    for (const object of objects) {
      const sighting = sight(object);
      const news = known.newsOf(sighting);
      if (news !== null && !isFirst) await tell(news);
      known.keep(sighting);
      uids.add(sighting.uid);
    }
    reached = version;
  }
  for (const { uid, news } of known.missingFrom(uids)) {
    if (news !== null) await tell(news);
    known.drop(uid);
  }
  known.version = reached;
  moved();
}

/** @param {Following} following */
async function watch(following) {
  const { collection, known, signal } = following;
  const closing = new AbortController();
  /** @type {unknown} */
  let failure = null;
  let waiting = 0;
  let turn = Promise.resolve();
  /** @type {(type: string, object: Pod | Job) => void} */
  const heard = (type, object) => {
    if (closing.signal.aborted) return;
    waiting += 1;
    if (waiting > MAX_WAITING) closing.abort();
    turn = turn.then(async () => {
      // After one that failed none is handled: all are heard again from the version before it.
      if (failure !== null || signal.aborted) return;
      await change(following, type, object);
      waiting -= 1;
    });
    turn = turn.catch((error) => {
      failure = error;
      closing.abort();
    });
  };
  try {
    await collection.watch(known.version ?? '', heard, AbortSignal.any([signal, closing.signal]));
  } catch (error) {
    if (!closing.signal.aborted) throw error;
  } finally {
    await turn;
  }
  if (failure !== null) throw failure;
}

/**
 * @param {Following} following
 * @param {string} type ADDED, MODIFIED, DELETED or BOOKMARK
 * @param {Pod | Job} object
 */
async function change({ known, sight, tell, moved }, type, object) {
  if (type !== 'BOOKMARK') {
    const sighting = sight(object);
    const news = type === 'DELETED' ? known.newsOfEnd(sighting) : known.newsOf(sighting);
    if (news !== null) await tell(news);
    if (type === 'DELETED') known.drop(sighting.uid);
    else known.keep(sighting);
  }
  known.version = object.metadata?.resourceVersion ?? known.version;
  moved();
}
