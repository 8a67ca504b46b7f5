/**
 * The part of the Engine API that the source uses, over HTTP on a unix socket or a plain TCP port.
 * Knows requests, limits and errors; nothing of what the answers are for.
 */
import { Agent, request, type IncomingMessage } from 'node:http';
import { isObject, parseJson } from '@waitbus/plugin-sdk';
import { wantsTls, type Endpoint } from './endpoint.js';
import { ACTIONS } from './engine-event.js';
import { foreign, problemOf, silent, type EngineProblem } from './problem.js';

/** How long an engine may take to begin its answer. */
const ANSWER_MS = 5000;

/** An answer that is read whole may have so many bytes. */
const MOST_BYTES = 32 * 1024 * 1024;

/** A TCP peer that is gone without a word is noticed by this. */
const KEEP_ALIVE_MS = 15_000;

export interface Engine {
  /** `Docker Engine 28.0.1`, `Podman Engine 5.2.0` */
  readonly name: string;
  readonly isPodman: boolean;
  /** The engine's time when it was asked, nanoseconds since the epoch: not before, not after. */
  readonly notBefore: bigint;
  readonly notAfter: bigint;
}

export interface Asked {
  readonly signal: AbortSignal;
  readonly platform?: string;
  /** Milliseconds since the epoch. */
  readonly clock?: () => number;
}

export class EngineApi {
  readonly endpoint: Endpoint;
  readonly #signal: AbortSignal;
  readonly #platform: string;
  readonly #clock: () => number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 4 });

  constructor(endpoint: Endpoint, { signal, platform, clock }: Asked) {
    this.endpoint = endpoint;
    this.#signal = signal;
    this.#platform = platform ?? process.platform;
    this.#clock = clock ?? Date.now;
  }

  /** @throws EngineProblem when no engine answers */
  async identify(): Promise<Engine> {
    const asked = this.#clock();
    const { response, value } = await this.#getJson('/version');
    if (!isObject(value) || typeof value['ApiVersion'] !== 'string') {
      throw foreign(this.endpoint, this.#platform, 'its /version has no ApiVersion');
    }
    const isPodman = response.headers['libpod-api-version'] !== undefined;
    const version = typeof value['Version'] === 'string' ? ` ${value['Version']}` : '';
    const name = `${isPodman ? 'Podman' : 'Docker'} Engine${version}`;
    return { name, isPodman, ...this.#engineTime(asked, response.headers.date) };
  }

  /**
   * Opens the event stream. Resolves when the engine has answered: whatever it does from then on, and
   * has done since `since`, is in it.
   */
  events(engine: Engine, since: bigint): Promise<IncomingMessage> {
    return this.#get(`/events?${query(engine, since)}`, false);
  }

  /** What the engine remembers from `since` until now, as the text of the stream. */
  async history(since: bigint): Promise<{ readonly engine: Engine; readonly history: string }> {
    const engine = await this.identify();
    // For a time that is past the engine answers from memory and closes.
    const until = engine.notAfter > since ? engine.notAfter : since;
    const path = `/events?${query(engine, since)}&until=${seconds(until)}`;
    return { engine, history: await this.#read(await this.#get(path, false)) };
  }

  /** Every container, those that have ended included, as the engine lists them. */
  async containers(): Promise<unknown> {
    return (await this.#getJson('/containers/json?all=1')).value;
  }

  async info(): Promise<unknown> {
    return (await this.#getJson('/info')).value;
  }

  /** @returns null when it is gone */
  async inspect(container: string): Promise<unknown> {
    const response = await this.#get(
      `/containers/${encodeURIComponent(container)}/json`,
      true,
      404,
    );
    const text = await this.#read(response);
    return response.statusCode === 404 ? null : this.#parse(text);
  }

  /**
   * Resolves when the engine waits for the container's next exit, with the promise of its code: null
   * when the engine knows none.
   */
  async nextExit(
    container: string,
    signal: AbortSignal,
  ): Promise<{ readonly code: Promise<number | null> }> {
    const path = `/containers/${encodeURIComponent(container)}/wait?condition=next-exit`;
    const response = await this.#request('POST', path, false, 200);
    signal.addEventListener('abort', () => response.destroy(), { once: true });
    if (signal.aborted) response.destroy();
    const code = this.#read(response, null).then((text) => exitStatus(this.#parse(text)));
    // Closed before anybody waits for it, it fails unheard.
    code.catch(() => undefined);
    return { code };
  }

  close(): void {
    this.#agent.destroy();
  }

  async #getJson(path: string): Promise<{ response: IncomingMessage; value: unknown }> {
    const response = await this.#get(path, true);
    return { response, value: this.#parse(await this.#read(response)) };
  }

  /** @throws EngineProblem unless it is answered with JSON, by 200 or the status that is allowed */
  #get(path: string, reuse: boolean, allowed = 200): Promise<IncomingMessage> {
    return this.#request('GET', path, reuse, allowed);
  }

  #request(
    method: 'GET' | 'POST',
    path: string,
    reuse: boolean,
    allowed: number,
  ): Promise<IncomingMessage> {
    const { endpoint } = this;
    const to =
      endpoint.kind === 'unix'
        ? { socketPath: endpoint.path }
        : { host: endpoint.host, port: endpoint.port };
    return new Promise((resolve, reject) => {
      const failed = (error: unknown) => {
        clearTimeout(timer);
        reject(problemOf(error, endpoint, this.#platform));
      };
      const asked = request(
        {
          ...to,
          method,
          path,
          // Not the socket's path, which is no host name.
          headers: { host: 'docker', 'user-agent': 'waitbus-source-docker' },
          agent: reuse ? this.#agent : false,
          signal: this.#signal,
        },
        (response) => {
          clearTimeout(timer);
          const { statusCode: status = 0, headers } = response;
          const isJson = headers['content-type']?.startsWith('application/json') === true;
          if ((status === 200 || status === allowed) && isJson) {
            resolve(response);
            return;
          }
          response.destroy();
          // In plain text, to whoever speaks HTTP to a port of TLS.
          if (status === 400 && endpoint.kind === 'tcp') {
            reject(wantsTls(endpoint));
            return;
          }
          const said = status === 200 ? headers['content-type'] : `${status}`;
          reject(
            foreign(endpoint, this.#platform, `it answers ${path.split('?')[0]} with ${said}`),
          );
        },
      );
      const timer = setTimeout(() => asked.destroy(silent(endpoint, ANSWER_MS)), ANSWER_MS);
      asked.on('socket', (socket) => socket.setKeepAlive(true, KEEP_ALIVE_MS));
      asked.on('error', failed);
      asked.end();
    });
  }

  /** @param patience for the whole answer, milliseconds; null: for as long as it takes */
  async #read(response: IncomingMessage, patience: number | null = ANSWER_MS * 2) {
    const chunks: Buffer[] = [];
    let size = 0;
    const late = () => response.destroy(silent(this.endpoint, patience ?? 0));
    const timer = patience === null ? undefined : setTimeout(late, patience);
    try {
      for await (const chunk of response as AsyncIterable<Buffer>) {
        chunks.push(chunk);
        size += chunk.length;
        if (size > MOST_BYTES)
          throw foreign(this.endpoint, this.#platform, 'its answer has no end');
      }
    } catch (error) {
      throw problemOf(error, this.endpoint, this.#platform);
    } finally {
      clearTimeout(timer);
    }
    return Buffer.concat(chunks).toString('utf8');
  }

  #parse(text: string): unknown {
    try {
      return parseJson(text);
    } catch {
      throw this.#noJson();
    }
  }

  #noJson(): EngineProblem {
    return foreign(this.endpoint, this.#platform, 'its answer is no JSON');
  }

  /**
   * HTTP tells whole seconds. Where our clock agrees with them it is the engine's, and exact; an
   * engine in a virtual machine may have another one.
   */
  #engineTime(asked: number, date: string | undefined) {
    const told = date === undefined ? Number.NaN : Date.parse(date);
    const agrees = told >= asked - (asked % 1000) && told <= this.#clock();
    const exact = agrees || Number.isNaN(told);
    const [first, last] = exact ? [asked, asked] : [told, told + 1000];
    return { notBefore: BigInt(first) * 1_000_000n, notAfter: BigInt(last) * 1_000_000n };
  }
}

function exitStatus(answer: unknown): number | null {
  const code = isObject(answer) ? answer['StatusCode'] : null;
  return typeof code === 'number' && Number.isInteger(code) ? code : null;
}

function query({ isPodman }: Engine, since: bigint): string {
  // Podman knows the events by other names, and is not asked to choose among them.
  const filters = { type: ['container'], ...(isPodman ? {} : { event: ACTIONS }) };
  return `since=${seconds(since)}&filters=${encodeURIComponent(JSON.stringify(filters))}`;
}

/** Seconds with nine decimals, as the engine reads times. */
function seconds(time: bigint): string {
  const fraction = `${time % 1_000_000_000n}`.padStart(9, '0');
  return `${time / 1_000_000_000n}.${fraction}`;
}
