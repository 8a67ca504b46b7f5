/**
 * A model server on loopback that speaks four vendors' protocols and does what a scenario says. Each
 * agent has a base URL of its own, `http://127.0.0.1:PORT/AGENT`, so that the log tells them apart.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parsed } from '../json.js';
import { anthropic } from './anthropic.js';
import { chat } from './chat.js';
import { gemini } from './gemini.js';
import { responses } from './responses.js';
import type { Protocol, Scenario, Step, Turn } from './scenario.js';
import { usageOf, type Usage } from './usage.js';

/** One request and what was done with it. */
export interface Asked {
  /** When it had come whole: milliseconds since the epoch, with fractions. */
  readonly at: number;
  readonly turn: Turn;
  readonly step: Step;
  /** What the answer said that it cost; null when it had none. */
  readonly usage: Usage | null;
  readonly body: unknown;
}

const ROUTES: readonly (readonly [RegExp, Protocol])[] = [
  [/\/messages$/, anthropic],
  [/\/responses$/, responses],
  [/\/chat\/completions$/, chat],
  [/:(?:stream)?[gG]enerateContent$/, gemini],
];

export class FakeModel {
  readonly asked: Asked[] = [];
  /** Paths that were asked for and are no part of what is spoken here. */
  readonly strange: string[] = [];
  readonly #scenario: Scenario;
  readonly #server: Server;
  readonly #listeners = new Set<() => void>();

  private constructor(scenario: Scenario) {
    this.#scenario = scenario;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  static async start(scenario: Scenario): Promise<FakeModel> {
    const model = new FakeModel(scenario);
    await new Promise<void>((resolve) => model.#server.listen(0, '127.0.0.1', resolve));
    return model;
  }

  urlFor(agent: string): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${agent}`;
  }

  /** @returns the turns of an agent: requests with tools; what a harness asks besides has none */
  turnsOf(agent: string): readonly Asked[] {
    return this.asked.filter(({ turn }) => turn.agent === agent && turn.tools.length > 0);
  }

  /** Resolves with the first request that this is true of, be it one of the past. */
  request(isIt: (asked: Asked) => boolean): Promise<Asked> {
    return new Promise((resolve) => {
      const look = () => {
        const found = this.asked.find(isIt);
        if (found === undefined) return;
        this.#listeners.delete(look);
        resolve(found);
      };
      this.#listeners.add(look);
      look();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = parsed(await textOf(request));
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const [, agent = '', rest = ''] = /^\/([^/]+)(\/.*)$/.exec(pathname) ?? [];
    if (/count_?tokens$/i.test(rest)) return sendJson(response, 200, countOf(body));
    const protocol = ROUTES.find(([path]) => path.test(rest))?.[1];
    if (protocol === undefined || request.method !== 'POST') {
      this.strange.push(`${request.method} ${rest}`);
      return sendJson(response, 404, { error: { message: 'not spoken here' } });
    }
    const at = performance.timeOrigin + performance.now();
    const turn = protocol.turn(agent, rest, body);
    // A title, a summary, a check of the connection: no scenario has a part in it.
    const step = turn.tools.length === 0 ? ASIDE : await this.#scenario(turn);
    const usage = step.kind === 'say' || step.kind === 'call' ? usageOf(turn.said.length) : null;
    const id = String(this.asked.push({ at, turn, step, usage, body }));
    this.#say(protocol, response, turn, step, id);
    for (const listener of this.#listeners) listener();
  }

  #say(protocol: Protocol, response: ServerResponse, turn: Turn, step: Step, id: string): void {
    if (step.kind === 'fail') return sendJson(response, step.status, protocol.error(step.status));
    const answer = { id, turn, step, usage: usageOf(turn.said.length) };
    if (!turn.isStream) {
      if (step.kind !== 'hang') sendJson(response, 200, protocol.whole(answer));
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
    for (const frame of protocol.frames(answer)) response.write(frame);
    if (step.kind !== 'hang') response.end();
  }
}

const ASIDE: Step = { kind: 'say', text: 'Aside' };

/** Both vendors' words for it. */
function countOf(body: unknown) {
  const tokens = Math.ceil(JSON.stringify(body ?? null).length / 4);
  return { input_tokens: tokens, totalTokens: tokens };
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

async function textOf(request: IncomingMessage): Promise<string> {
  let all = '';
  request.setEncoding('utf8');
  for await (const part of request) all += String(part);
  return all;
}
