/**
 * One collection of a cluster through the official client: its pages, and its changes from a
 * resource version on. Knows no events and remembers nothing.
 */
import { STATUS_CODES } from 'node:http';
import { ApiException, BatchV1Api, CoreV1Api, Watch } from '@kubernetes/client-node';
import { StatusError } from './trouble.js';

/** Objects a page of a list. */
const PAGE = 500;
/** The server ends a watch after this, and it is taken up again: no connection is trusted longer. */
const WATCH_SECONDS = 290;
/** A watch that the server has not ended then is on a connection that died silently. */
const WATCH_LIMIT_MS = (WATCH_SECONDS + 30) * 1000;

/**
 * @typedef {import('./kubeconfig.js').Access} Access
 * @typedef {import('@kubernetes/client-node').V1Pod} Pod
 * @typedef {import('@kubernetes/client-node').V1Job} Job
 *
 * @typedef {{ readonly limit: number, readonly _continue?: string }} Query
 * @typedef {object} Page
 * @property {{ readonly _continue?: string, readonly resourceVersion?: string }} [metadata]
 * @property {readonly (Pod | Job)[]} items
 */

export class Collection {
  #access;
  #namespace;
  #resource;

  /**
   * @param {Access} access
   * @param {'pods' | 'jobs'} resource
   * @param {string} namespace `*` for all
   */
  constructor(access, resource, namespace) {
    this.#access = access;
    this.#resource = resource;
    this.#namespace = namespace;
  }

  /** The path of the collection in the API; with the server it names the collection. */
  get path() {
    const group = this.#resource === 'pods' ? '/api/v1' : '/apis/batch/v1';
    const within = this.#namespace === '*' ? '' : `/namespaces/${this.#namespace}`;
    return `${group}${within}/${this.#resource}`;
  }

  /**
   * @param {number} [size] objects a page
   * @returns {AsyncGenerator<{ objects: (Pod | Job)[], version: string }>}
   * @throws {StatusError} 410 when the server forgot the list between two pages
   */
  async *pages(size = PAGE) {
    let from = '';
    do {
      const page = await this.#page({ limit: size, ...(from === '' ? {} : { _continue: from }) });
      from = page.metadata?._continue ?? '';
      // The client turns times into Dates; a watch has them as the server sent them.
      const objects = /** @type {(Pod | Job)[]} */ (JSON.parse(JSON.stringify(page.items)));
      yield { objects, version: page.metadata?.resourceVersion ?? '' };
    } while (from !== '');
  }

  /**
   * Resolves when the server ended the watch.
   * @param {string} version
   * @param {(type: string, object: Pod | Job) => void} heard
   * @param {AbortSignal} signal
   * @throws {StatusError} 410 when the server no longer knows the version
   */
  async watch(version, heard, signal) {
    /** @type {(error?: unknown) => void} */
    let end = () => undefined;
    const over = new Promise((resolve, reject) => {
      end = (error) => (error ? reject(asStatusError(error)) : resolve(undefined));
    });
    const query = {
      resourceVersion: version,
      allowWatchBookmarks: true,
      timeoutSeconds: WATCH_SECONDS,
    };
    const opening = new Watch(this.#access.kubeconfig).watch(
      this.path,
      query,
      (type, object) => {
        if (type === 'ERROR') end(new StatusError(object.code, object.message));
        else heard(type, object);
      },
      end,
    );
    opening.catch(end);
    const stop = () => end(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    const limit = setTimeout(end, WATCH_LIMIT_MS);
    try {
      await over;
    } finally {
      clearTimeout(limit);
      signal.removeEventListener('abort', stop);
      opening.then(
        (request) => request.abort(),
        () => undefined,
      );
    }
  }

  /**
   * @param {Query} query
   * @returns {Promise<Page>}
   */
  async #page(query) {
    const { kubeconfig } = this.#access;
    const namespace = this.#namespace;
    try {
      if (this.#resource === 'pods') {
        const core = kubeconfig.makeApiClient(CoreV1Api);
        if (namespace === '*') return await core.listPodForAllNamespaces(query);
        return await core.listNamespacedPod({ namespace, ...query });
      }
      const batch = kubeconfig.makeApiClient(BatchV1Api);
      if (namespace === '*') return await batch.listJobForAllNamespaces(query);
      return await batch.listNamespacedJob({ namespace, ...query });
    } catch (error) {
      throw asStatusError(error);
    }
  }
}

/**
 * The client's two ways to say what the server answered, as one.
 * @param {unknown} error
 */
function asStatusError(error) {
  if (error instanceof ApiException) {
    return new StatusError(error.code, messageOf(error.body) ?? STATUS_CODES[error.code] ?? '');
  }
  const status = /** @type {{ statusCode?: number }} */ (error).statusCode;
  if (status === undefined) return error;
  return new StatusError(status, /** @type {Error} */ (error).message);
}

/**
 * The message of the Status object that the API server sends with a refusal.
 * @param {unknown} body its text; for some refusals the client keeps it to itself
 * @returns {string | undefined}
 */
function messageOf(body) {
  if (typeof body !== 'string') return undefined;
  try {
    return JSON.parse(body).message;
  } catch {
    return body;
  }
}
