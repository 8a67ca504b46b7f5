/** How a whole round is read of what somebody waits for: a commit, or the head of a pull request. */
import type { Api } from '../api/client.js';
import { object, sha as shaOf, text } from '../events/members.js';
import { nameOf, type Repository } from '../events/repository.js';
import { membersOf, PER_PAGE } from '../poll/run-list.js';
import { ask, Setback } from '../poll/setback.js';
import type { Commit, Pull } from '../poll/targets.js';
import type { Round } from './round.js';
import { RunPages } from './run-pages.js';

export interface RoundReader {
  /** For people. */
  readonly what: string;
  /** What is not there when GitHub does not find it. */
  readonly subject: string;
  readonly repository: Repository;
  /** The code of the notes that say its rounds. */
  readonly code: string;
  /** @throws Setback when it cannot be had */
  read(): Promise<Round>;
}

/** The runs of one commit, by its full name. */
class RunsOf {
  readonly #api: Api;
  readonly #repo: string;
  readonly #pages = new Map<string, RunPages>();

  constructor(api: Api, repository: Repository) {
    this.#api = api;
    this.#repo = nameOf(repository);
  }

  async read(shas: readonly string[]): Promise<Round> {
    const lists = await Promise.all(shas.map((sha) => this.#pagesOf(sha).read()));
    const askedAt = Math.min(...lists.map((list) => list.askedAt));
    return { repo: this.#repo, askedAt, shas, runs: lists.flatMap(({ runs }) => runs) };
  }

  #pagesOf(sha: string): RunPages {
    const path = `/repos/${this.#repo}/actions/runs?head_sha=${sha}&per_page=${PER_PAGE}`;
    const pages = this.#pages.get(sha) ?? new RunPages(this.#api, path);
    // A head that was left is not asked for again.
    if (!this.#pages.has(sha)) this.#pages.clear();
    this.#pages.set(sha, pages);
    return pages;
  }
}

export class CommitReader implements RoundReader {
  readonly code = 'round';
  readonly what: string;
  readonly subject: string;
  readonly repository: Repository;
  readonly #api: Api;
  readonly #sha: string;
  readonly #runs: RunsOf;

  constructor(api: Api, { owner, repo, sha }: Commit) {
    this.repository = { owner, repo };
    this.subject = nameOf(this.repository);
    this.what = `${sha.slice(0, 7)} of ${this.subject}`;
    this.#api = api;
    this.#sha = sha;
    this.#runs = new RunsOf(api, this.repository);
  }

  async read(): Promise<Round> {
    if (this.#sha.length === 40) return this.#runs.read([this.#sha]);
    const { shas, askedAt } = await this.#resolve();
    if (shas.length > 0) return this.#runs.read(shas);
    return { repo: nameOf(this.repository), askedAt, shas, runs: [] };
  }

  /** The API finds runs by a commit's full name only. */
  async #resolve(): Promise<{ readonly shas: readonly string[]; readonly askedAt: number }> {
    const repo = nameOf(this.repository);
    const list = await ask(this.#api, `/repos/${repo}/actions/runs?per_page=${PER_PAGE}`, null);
    if (list.kind === 'same') throw new Setback({ kind: 'failed', reason: 'it answered 304' });
    const listed = membersOf(list.body, 'workflow_runs').map((run) => shaOf(run['head_sha']) ?? '');
    const shas = [...new Set(listed)].filter((sha) => sha.startsWith(this.#sha));
    if (shas.length > 0) return { shas, askedAt: list.date };
    const named = await this.#api.get(`/repos/${repo}/commits/${this.#sha}`);
    const sha = named.kind === 'fresh' ? shaOf(object(named.body)['sha']) : undefined;
    const found = sha?.startsWith(this.#sha) === true ? [sha] : [];
    // What is not pushed yet has no runs; a token for actions alone may not see commits.
    if (named.kind === 'failed' || named.kind === 'limited') throw new Setback(named);
    return { shas: found, askedAt: list.date };
  }
}

export class PullReader implements RoundReader {
  readonly code: string;
  readonly what: string;
  readonly subject: string;
  readonly repository: Repository;
  readonly #api: Api;
  readonly #number: number;
  readonly #runs: RunsOf;
  #known: { readonly etag: string | null; readonly head: string; readonly state: string } | null =
    null;

  constructor(api: Api, { owner, repo, number }: Pull) {
    this.repository = { owner, repo };
    this.code = `pull${number}`;
    this.what = `#${number} of ${nameOf(this.repository)}`;
    this.subject = this.what;
    this.#api = api;
    this.#number = number;
    this.#runs = new RunsOf(api, this.repository);
  }

  async read(): Promise<Round> {
    const path = `/repos/${nameOf(this.repository)}/pulls/${this.#number}`;
    const reply = await ask(this.#api, path, this.#known?.etag ?? null);
    if (reply.kind === 'fresh') {
      const pull = object(reply.body);
      const head = shaOf(object(pull['head'])['sha']);
      if (head === undefined) throw new Setback({ kind: 'failed', reason: 'it sent no pull' });
      this.#known = { etag: reply.etag, head, state: text(pull['state']) ?? '' };
    }
    if (this.#known === null) throw new Setback({ kind: 'failed', reason: 'it answered 304' });
    const { head, state } = this.#known;
    const round = await this.#runs.read([head]);
    return { ...round, about: { number: this.#number, state } };
  }
}
