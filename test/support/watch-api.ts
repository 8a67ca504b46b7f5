/**
 * A small server that speaks the list and watch API of Kubernetes for pods and jobs: pages, watches
 * with bookmarks, versions that are gone (410), credentials that are refused, and connections that
 * are cut. What it holds is the ClusterLog's; a job that is created has finished at once.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import { json } from 'node:stream/consumers';
import { ClusterLog, isAbout, KINDS, type Resource, type Written } from './cluster-log.js';
import { Checks } from './checks.js';

/** What was asked of the server. */
export interface Asked {
  readonly verb: 'list' | 'watch';
  readonly resource: Resource;
  /** Null for all. */
  readonly namespace: string | null;
  /** Of a watch: where it starts. */
  readonly version: string | null;
}

interface Watcher extends Asked {
  readonly response: ServerResponse;
}

const TOKEN = 'token-of-the-test';
const PATH = /^\/(?:api\/v1|apis\/batch\/v1)(?:\/namespaces\/([^/]+))?\/(pods|jobs)$/;

export class WatchApi {
  readonly cluster = new ClusterLog((change) => {
    for (const { resource, namespace, response } of this.#watchers) {
      if (isAbout(change, resource, namespace)) sendLine(response, change.type, change.object);
    }
  });
  readonly asked: Asked[] = [];
  /** The most objects in a page, whatever the client asks for. */
  pageSize = 1000;
  /** Every request is answered with this status. */
  refusal: 401 | 403 | 503 | null = null;
  /** How a version that is gone is told: within the watch, as the watch cache does, or as status. */
  goneAs: 'event' | 'status' = 'event';
  readonly #server: Server;
  readonly #watchers = new Set<Watcher>();
  readonly #checks = new Checks();

  private constructor() {
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  /** @param port the one that another had before, or none */
  static async start(port = 0): Promise<WatchApi> {
    const api = new WatchApi();
    await new Promise<void>((resolve, reject) => {
      api.#server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
    return api;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get openWatches(): number {
    return this.#watchers.size;
  }

  /** Tells every watch how far it is, and moves on. */
  bookmark(): string {
    const resourceVersion = String(this.cluster.advance());
    for (const { resource, response } of this.#watchers) {
      sendLine(response, 'BOOKMARK', { ...KINDS[resource], metadata: { resourceVersion } });
    }
    return resourceVersion;
  }

  /** Cuts every open watch in the middle. */
  disconnect(): void {
    for (const { response } of this.#watchers) response.destroy();
  }

  /** Ends every open watch in an orderly way, as at its time limit. */
  endWatches(): void {
    for (const { response } of this.#watchers) response.end();
  }

  /** Resolves once this holds; asked again after each request and each watch that opens or closes. */
  until(holds: () => boolean): Promise<void> {
    return this.#checks.until(holds);
  }

  /** Writes a kubeconfig whose current context, `test`, is this server. */
  writeKubeconfig(file: string, { token = TOKEN, namespace = 'default', user = {} } = {}): void {
    const server = `http://127.0.0.1:${this.port}`;
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'test',
      contexts: [{ name: 'test', context: { cluster: 'local', user: 'tester', namespace } }],
      clusters: [{ name: 'local', cluster: { server, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'tester', user: { token, ...user } }],
    };
    mkdirSync(dirname(file), { recursive: true });
    // JSON is YAML.
    writeFileSync(file, JSON.stringify(config, null, 2), { mode: 0o600 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://localhost');
    const path = PATH.exec(pathname);
    if (path === null) return refuse(response, 404, 'the server could not find this');
    if (request.method === 'POST') return void this.#create(path[1], request, response);
    const verb = query.get('watch') === 'true' ? 'watch' : 'list';
    const resource = path[2] as Resource;
    const version = query.get('resourceVersion');
    const asked: Asked = { verb, resource, namespace: path[1] ?? null, version };
    this.asked.push(asked);
    const knows = request.headers.authorization === `Bearer ${TOKEN}`;
    const refusal = knows ? this.refusal : 401;
    if (refusal !== null) {
      refuse(response, refusal, `tester: cannot ${verb} resource "${resource}"`);
    } else if (verb === 'list') this.#list(asked, query, response);
    else this.#watch(asked, response);
    this.#checks.changed();
  }

  /** Of all that can be created, a job. */
  async #create(namespace: string | undefined, request: IncomingMessage, response: ServerResponse) {
    const { metadata, ...written } = (await json(request)) as Written;
    const made = this.cluster.run({ ...written, metadata: { ...metadata, namespace } });
    response.writeHead(201, { 'content-type': 'application/json' });
    response.end(JSON.stringify(made));
  }

  #list(asked: Asked, query: URLSearchParams, response: ServerResponse): void {
    const { resource, namespace } = asked;
    const [at = 0, version = this.cluster.version] = (query.get('continue') ?? '')
      .split(':')
      .filter((part) => part !== '')
      .map(Number);
    if (version <= this.cluster.forgotten) {
      return refuse(response, 410, 'The provided continue parameter is too old');
    }
    const all = this.cluster.list(resource, namespace);
    const size = Math.min(this.pageSize, Number(query.get('limit') ?? this.pageSize));
    const items = all.slice(at, at + size);
    const next = at + size < all.length ? `${at + size}:${version}` : '';
    const { apiVersion, kind } = KINDS[resource];
    const metadata = { resourceVersion: String(version), continue: next };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ apiVersion, kind: `${kind}List`, metadata, items }));
  }

  #watch(asked: Asked, response: ServerResponse): void {
    const { resource, namespace } = asked;
    const from = Number(asked.version ?? 0);
    const isGone = from <= this.cluster.forgotten;
    const gone = failure(410, `too old resource version: ${from}`);
    if (isGone && this.goneAs === 'status') return refuse(response, 410, gone.message);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    if (isGone) {
      sendLine(response, 'ERROR', gone);
      response.end();
      return;
    }
    const watcher = { ...asked, response };
    this.#watchers.add(watcher);
    response.on('close', () => {
      this.#watchers.delete(watcher);
      this.#checks.changed();
    });
    for (const { type, object } of this.cluster.since(from, resource, namespace)) {
      sendLine(response, type, object);
    }
  }
}

function sendLine(response: ServerResponse, type: string, object: object): void {
  response.write(`${JSON.stringify({ type, object })}\n`);
}

function refuse(response: ServerResponse, code: number, message: string): void {
  response.writeHead(code, { 'content-type': 'application/json' });
  response.end(JSON.stringify(failure(code, message)));
}

function failure(code: number, message: string) {
  const reasons: Readonly<Record<number, string>> = {
    401: 'Unauthorized',
    403: 'Forbidden',
    410: 'Expired',
  };
  const reason = reasons[code] ?? 'Failure';
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    code,
  };
}
