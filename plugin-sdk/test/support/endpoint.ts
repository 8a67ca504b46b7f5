/** A webhook that is open for one test, and senders that write to it byte by byte. */
import { connect, type Socket } from 'node:net';
import type { WebhookOptions, WebhookRequest } from '@waitbus/plugin-sdk/webhook';
import { openWebhook } from '../../src/webhook/open.js';

export interface Logged {
  readonly level: string;
  readonly message: string;
  readonly details: object;
}

export class Endpoint {
  readonly stop = new AbortController();
  /** What reached the handler of POST /hook. */
  readonly seen: WebhookRequest[] = [];
  readonly logged: Logged[] = [];
  readonly failures: Error[] = [];
  port = 0;
  url = '';

  static async open(options: Partial<WebhookOptions> = {}): Promise<Endpoint> {
    const endpoint = new Endpoint();
    const log =
      (level: string) =>
      (message: string, details: object = {}) =>
        void endpoint.logged.push({ level, message, details });
    const hook = (request: WebhookRequest) => {
      endpoint.seen.push(request);
      return { status: 202, body: { bytes: request.body.length } };
    };
    const { url, port } = await openWebhook(
      { port: 0, routes: [{ path: '/hook', handler: hook }], ...options },
      {
        signal: endpoint.stop.signal,
        log: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
        fail: (error) => void endpoint.failures.push(error),
      },
    );
    endpoint.port = port;
    endpoint.url = url;
    return endpoint;
  }

  /** Connects and writes; what comes back is collected until the connection ends. */
  sender(...texts: readonly (string | Buffer)[]): Sender {
    const sender = new Sender(this.port);
    for (const text of texts) sender.socket.write(text);
    return sender;
  }

  /** A request with a body of known length, on a connection of its own. */
  post(body: string | Buffer, headers: readonly string[] = [], path = '/hook'): Promise<Answer> {
    const head = [`POST ${path} HTTP/1.1`, `Host: 127.0.0.1:${this.port}`, 'Connection: close'];
    const length = `Content-Length: ${Buffer.byteLength(body)}`;
    return this.sender([...head, length, ...headers, '', ''].join('\r\n'), body).answer;
  }

  /** A request of which every line is given; `PORT` stands for the port. */
  send(...lines: readonly string[]): Promise<Answer> {
    return this.sender(lines.join('\r\n').replaceAll('PORT', String(this.port))).answer;
  }

  [Symbol.dispose](): void {
    this.stop.abort();
  }
}

export interface Answer {
  /** Everything that came, until the connection ended. */
  readonly text: string;
  readonly status: number;
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  /** Of `{"error": {"code"}}`; undefined when the body is not that. */
  readonly errorCode: string | undefined;
}

export class Sender {
  readonly socket: Socket;
  readonly answer: Promise<Answer>;

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1' });
    let text = '';
    this.socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    this.socket.on('error', () => undefined);
    this.answer = new Promise((resolve) => {
      this.socket.once('close', () => resolve(answerOf(text)));
    });
  }
}

function answerOf(text: string): Answer {
  const [head = '', body = ''] = text.split('\r\n\r\n', 2);
  const [first = '', ...lines] = head.split('\r\n');
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  return {
    text,
    status: Number(first.split(' ')[1] ?? 0),
    headers,
    body,
    errorCode: /^\{"error":\{"code":"([a-z_]+)"/.exec(body)?.[1],
  };
}
