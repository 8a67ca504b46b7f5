/**
 * A small server that speaks GitHub's API for the runs and jobs of workflows: pages, ETags, tokens,
 * limits, and answers as they come when something is wrong. It holds what a test puts there.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Checks } from './checks.js';

export interface Run {
  readonly id: number;
  readonly head_sha: string;
  readonly status: string;
  readonly conclusion?: string | null;
  readonly run_attempt?: number;
  readonly name?: string;
  readonly path?: string;
  readonly event?: string;
  readonly updated_at?: string;
}

export interface Job {
  readonly id: number;
  readonly run_id: number;
  readonly status: string;
  readonly conclusion?: string | null;
  readonly name?: string;
  readonly head_sha?: string;
  readonly created_at?: string;
  readonly started_at?: string;
}

/** What was asked, and how it was answered. */
export interface Asked {
  readonly path: string;
  readonly etag: string | undefined;
  readonly authorization: string | undefined;
  status: number;
}

/** An answer that is not the right one. `hang` never comes; `cut` and `reset` end too early. */
export type Fault =
  | 'hang'
  | 'cut'
  | 'reset'
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string };

const COMMIT_OR_PULL = /^\/repos\/([^/]+\/[^/]+)\/(commits|pulls)\/(\w+)$/;
const PATH = /^\/repos\/([^/]+\/[^/]+)\/actions\/runs(?:\/(\d+)(\/jobs)?)?$/;

export class ActionsApi {
  /** Oldest first. */
  readonly runs = new Map<string, Run[]>();
  readonly jobs: Job[] = [];
  readonly asked: Asked[] = [];
  /** The next answers, one each. */
  readonly faults: Fault[] = [];
  /** Without it, there is nothing to be seen. */
  token: string | null = null;
  /** How long each answer takes, in milliseconds. */
  latencyMs = 0;
  /** By `owner/repo#number`: the commit at its head. */
  readonly pulls = new Map<string, string>();
  /** By `owner/repo`: commits by their full names. */
  readonly commits = new Map<string, readonly string[]>();
  /** Called before each answer is made: what there is may change between two. */
  onAsked: (asked: Asked) => void = () => undefined;
  /** Told with each answer, where set. */
  rate: { remaining: number; readonly resetInSeconds: number } | null = null;
  readonly #server: Server;
  readonly #checks = new Checks();

  private constructor() {
    this.#server = createServer((request, response) => {
      if (this.latencyMs === 0) this.#answer(request, response);
      else setTimeout(() => this.#answer(request, response), this.latencyMs);
    });
  }

  static async start(): Promise<ActionsApi> {
    const api = new ActionsApi();
    await new Promise<void>((resolve) => api.#server.listen(0, '127.0.0.1', resolve));
    return api;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Requests that count against the limit: all but those answered with 304. */
  get counted(): number {
    return this.asked.filter(({ status }) => status !== 304).length;
  }

  of(status: number): readonly Asked[] {
    return this.asked.filter((one) => one.status === status);
  }

  /** Resolves once this holds; asked again after each answer. */
  until(holds: () => boolean): Promise<void> {
    return this.#checks.until(holds);
  }

  /** Resolves once so many more requests were answered. */
  more(count: number): Promise<void> {
    const from = this.asked.length;
    return this.until(() => this.asked.length >= from + count);
  }

  /** Puts a run there, in the place of the one with its id. */
  put(repo: string, run: Run): void {
    const runs = this.runs.get(repo) ?? [];
    const at = runs.findIndex(({ id }) => id === run.id);
    if (at === -1) runs.push(run);
    else runs[at] = run;
    this.runs.set(repo, runs);
  }

  putJob(job: Job): void {
    const at = this.jobs.findIndex(({ id }) => id === job.id);
    if (at === -1) this.jobs.push(job);
    else this.jobs[at] = job;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { headers, url = '' } = request;
    const { 'if-none-match': etag, authorization } = headers;
    const asked: Asked = { path: url, etag, authorization, status: 0 };
    this.asked.push(asked);
    this.onAsked(asked);
    response.once('close', () => this.#checks.changed());
    const fault = this.faults.shift();
    if (fault !== undefined) return this.#fail(fault, asked, response);
    const send = (status: number, more: Record<string, string>, body?: unknown) => {
      asked.status = status;
      response.writeHead(status, { ...this.#rateHeaders(status), ...more });
      response.end(body === undefined ? undefined : JSON.stringify(body));
    };
    if (this.token !== null && authorization !== `Bearer ${this.token}`) {
      const wrong = authorization !== undefined;
      return send(wrong ? 401 : 404, {}, { message: wrong ? 'Bad credentials' : 'Not Found' });
    }
    const body = this.#find(new URL(url, this.url)) ?? this.#findOther(new URL(url, this.url));
    if (body === null) return send(404, {}, { message: 'Not Found' });
    const tag = `"${createHash('sha256').update(JSON.stringify(body)).digest('hex')}"`;
    if (etag === tag) send(304, { etag: tag });
    else send(200, { etag: tag, 'content-type': 'application/json' }, body);
  }

  #find({ pathname, searchParams }: URL): unknown {
    const [, repo = '', id, jobs] = PATH.exec(pathname) ?? [];
    const runs = this.runs.get(repo);
    if (runs === undefined) return null;
    const perPage = Number(searchParams.get('per_page') ?? 30);
    const from = (Number(searchParams.get('page') ?? 1) - 1) * perPage;
    const page = <T>(all: readonly T[]) => all.slice(from, from + perPage);
    if (jobs !== undefined) {
      const theirs = this.jobs.filter(({ run_id: of }) => of === Number(id));
      return { total_count: theirs.length, jobs: page(theirs) };
    }
    if (id !== undefined) return runs.find((run) => run.id === Number(id)) ?? null;
    const sha = searchParams.get('head_sha');
    const found = runs.filter((run) => sha === null || run.head_sha === sha);
    return { total_count: found.length, workflow_runs: page([...found].reverse()) };
  }

  #findOther({ pathname }: URL): unknown {
    if (pathname === '/rate_limit') return { resources: {} };
    const [, repo = '', kind, name = ''] = COMMIT_OR_PULL.exec(pathname) ?? [];
    if (kind === 'pulls') {
      const sha = this.pulls.get(`${repo}#${name}`);
      return sha === undefined ? null : { number: Number(name), state: 'open', head: { sha } };
    }
    const found = (this.commits.get(repo) ?? []).filter((sha) => sha.startsWith(name));
    return kind === 'commits' && found.length === 1 ? { sha: found[0] } : null;
  }

  #rateHeaders(status: number): Record<string, string> {
    if (this.rate === null) return {};
    if (status !== 304) this.rate.remaining = Math.max(0, this.rate.remaining - 1);
    const reset = Math.ceil(Date.now() / 1000) + this.rate.resetInSeconds;
    return {
      'x-ratelimit-remaining': String(this.rate.remaining),
      'x-ratelimit-reset': String(reset),
    };
  }

  #fail(fault: Fault, asked: Asked, response: ServerResponse): void {
    asked.status = -1;
    if (fault === 'hang') return;
    if (fault === 'reset') return void response.destroy();
    if (fault === 'cut') {
      response.writeHead(200, { 'content-length': '1000', 'content-type': 'application/json' });
      response.write('{"total_count":1,"workflow_runs":[{"id":');
      return void setImmediate(() => response.destroy());
    }
    asked.status = fault.status;
    response.writeHead(fault.status, fault.headers ?? {}).end(fault.body ?? '{}');
  }
}
