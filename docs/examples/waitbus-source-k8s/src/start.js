/**
 * The source's life: finds the cluster, follows pods and jobs of each namespace, remembers in
 * ctx.state how far it came, and says what somebody has to mend.
 */
import { homedir } from 'node:os';
import { Collection } from './cluster.js';
import { follow } from './follow.js';
import { Known } from './known.js';
import { readKubeconfig } from './kubeconfig.js';
import { jobGone, jobSighting, podGone, podSighting } from './to-event.js';
import { explain, reasonOf } from './trouble.js';

/**
 * @typedef {import('@waitbus/plugin-sdk').SourceContext<import('./schemas.js').Config>} Context
 * @typedef {import('./kubeconfig.js').Access} Access
 */

const KINDS = /** @type {const} */ ([
  { resource: 'pods', sighting: podSighting, gone: podGone },
  { resource: 'jobs', sighting: jobSighting, gone: jobGone },
]);

/** How long what is known may go unsaved, in milliseconds. It is heard again, and stored once. */
const SAVE_MS = 1000;

/** @param {Context} ctx */
export async function start(ctx) {
  /** @type {Access} */
  let access;
  try {
    const { KUBECONFIG } = process.env;
    access = readKubeconfig(ctx.config.context, { KUBECONFIG, home: homedir() });
  } catch (error) {
    const { remedy } = /** @type {import('./trouble.js').Trouble} */ (error);
    ctx.fail(/** @type {Error} */ (error), remedy);
    return;
  }
  const configured = ctx.config.namespaces;
  const namespaces = configured.length === 0 ? [access.namespace] : configured;
  const pairs = namespaces.flatMap((namespace) => KINDS.map((kind) => ({ namespace, kind })));
  let unready = pairs.length;
  for (const { namespace, kind } of pairs) {
    let isReady = false;
    const ready = () => {
      if (!isReady) unready -= 1;
      if (!isReady && unready === 0) ctx.ready();
      isReady = true;
    };
    followKind(ctx, access, namespace, kind, ready).catch((/** @type {unknown} */ error) => {
      if (ctx.signal.aborted) return;
      const trouble = explain(error, { ...access, resource: kind.resource, namespace });
      ctx.fail(trouble, trouble.remedy);
    });
  }
}

/**
 * @param {Context} ctx
 * @param {Access} access
 * @param {string} namespace
 * @param {typeof KINDS[number]} kind
 * @param {() => void} ready
 */
function followKind(ctx, access, namespace, kind, ready) {
  const { signal, state, log } = ctx;
  const collection = new Collection(access, kind.resource, namespace);
  const key = `${access.server}${collection.path}`;
  const known = new Known(kind.gone, state.get(key));
  const moved = saveLater(() => state.set(key, known.save()), signal);
  return follow({
    collection,
    known,
    sight: (object) => kind.sighting(object, access.context),
    tell: async (event) => {
      try {
        await ctx.emit(event);
      } catch (error) {
        // One event that the bus refuses does not end the others.
        log.error(`${event.delivery_id}: ${reasonOf(error)}`);
      }
    },
    moved,
    ready,
    log,
    signal,
  });
}

/**
 * Saves at most once in a while, and when the source stops.
 * @param {() => void} save
 * @param {AbortSignal} signal
 * @returns {() => void}
 */
function saveLater(save, signal) {
  /** @type {NodeJS.Timeout | null} */
  let timer = null;
  const now = () => {
    if (timer === null) return;
    clearTimeout(timer);
    timer = null;
    save();
  };
  signal.addEventListener('abort', now, { once: true });
  return () => {
    timer ??= setTimeout(now, SAVE_MS);
  };
}
