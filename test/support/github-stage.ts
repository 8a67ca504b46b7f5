/**
 * The github source in its real process, in a temporary directory: configured, given secrets, posted
 * to as GitHub does, and ended.
 */
import { createHmac, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SourceEvent } from '@waitbus/plugin-sdk';
import { stringifyJson } from '@waitbus/plugin-sdk';
import { takeInventory } from '../../cli/src/host/inventory.js';
import { findInstallation } from '../../cli/src/installation.js';
import { resolvePaths } from 'waitbus';
import { Committed, SourceProcess } from './source-process.js';

export const SECRET = "It's a Secret to Everybody";

export interface Begin {
  readonly config?: object;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly env?: NodeJS.ProcessEnv;
}

export class GithubStage {
  readonly directory = realpathSync(mkdtempSync(join(tmpdir(), 'waitbus-github-')));
  readonly home = join(this.directory, 'home');
  readonly stateDir = join(this.directory, 'state');
  readonly committed = new Committed();
  readonly #processes: SourceProcess[] = [];

  constructor() {
    mkdirSync(this.home);
  }

  get events(): readonly SourceEvent[] {
    return this.committed.events;
  }

  /** Starts a process of the source; each goes on where the one before stood. */
  async begin({ config = {}, secrets = {}, env = {} }: Begin): Promise<SourceProcess> {
    const { home, stateDir, committed } = this;
    const paths = resolvePaths({ env: {}, platform: process.platform, uid: 0, home, tmp: home });
    const source = (await takeInventory(findInstallation(), paths)).sources.get('github');
    if (source === undefined) throw new Error('there is no source github');
    // Without the machine's own gh.
    const surroundings = { HOME: home, PATH: '/nowhere', ...env };
    const options = { source, stateDir, env: surroundings, committed, config, secrets };
    const started = new SourceProcess(options);
    this.#processes.push(started);
    return started;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map((one) => one.kill()));
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** A port of the loopback interface that nobody has. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export interface Post {
  readonly port: number;
  readonly kind: string;
  readonly payload: unknown;
  readonly secret?: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

export interface Answered {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** Delivers as GitHub does; a header that is undefined is left out. */
export async function deliver(post: Post): Promise<Answered> {
  const { port, kind, payload, secret = SECRET, headers = {} } = post;
  const body = typeof payload === 'string' ? payload : stringifyJson(payload);
  const all = {
    'content-type': 'application/json',
    'x-github-delivery': randomUUID(),
    'x-github-event': kind,
    'x-hub-signature-256': signature(body, secret),
    ...headers,
  };
  const given = Object.entries(all).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  const answer = await fetch(`http://127.0.0.1:${port}/webhook`, {
    method: 'POST',
    headers: Object.fromEntries(given),
    body,
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

export function signature(body: string | Uint8Array, secret: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}
