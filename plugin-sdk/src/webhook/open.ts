/**
 * Opens a webhook: a loopback HTTP endpoint that bounds what a sender can make it hold or wait for,
 * and closes when the source stops. Loaded only by a source that asks for one.
 */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import type { SourceLog } from '../define-source.js';
import { WaitbusError } from '../envelope/index.js';
import { createApp, malformed } from './app.js';
import { settingsOf, type Webhook, type WebhookOptions, type WebhookSettings } from './options.js';
import { Refusal } from './refusal.js';
import { Refused } from './refused.js';

export interface WebhookContext {
  readonly log: SourceLog;
  readonly signal: AbortSignal;
  readonly fail: (error: Error) => void;
  /** What it refused so far, as a line; called as that changes. */
  readonly onRefused?: (line: string) => void;
}

const HEADER_BYTES = 16 * 1024;
/** How long answers under way may take once the source is to stop. */
const GRACE_MS = 1000;

/**
 * Resolves once it listens. When it cannot, the source fails with the reason and its remedy.
 * @throws WaitbusError WAITBUS_BAD_CONFIG for options that make no webhook
 */
export async function openWebhook(
  options: WebhookOptions,
  context: WebhookContext,
): Promise<Webhook> {
  const settings = settingsOf(options);
  const { signal, log } = context;
  signal.throwIfAborted();
  const server = serverFor(settings, context);
  try {
    await listening(server, settings);
  } catch (error) {
    const failure = cannotListen(error as NodeJS.ErrnoException, settings);
    context.fail(failure);
    throw failure;
  }
  server.on('error', (error) => log.error(`the webhook's port: ${error.message}`));
  const close = () => {
    // Closes those that are idle, and takes no more.
    server.close();
    setTimeout(() => server.closeAllConnections(), GRACE_MS).unref();
  };
  if (signal.aborted) close();
  else signal.addEventListener('abort', close, { once: true });
  const { port } = server.address() as AddressInfo;
  const { host } = settings;
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`, port };
}

function serverFor(settings: WebhookSettings, context: WebhookContext): Server {
  const { log, signal, onRefused = () => undefined } = context;
  const refused = new Refused(settings, onRefused);
  const count = (status: number, host?: string) => refused.count(status, host);
  const { headerTimeoutMs, bodyTimeoutMs, maxHeaders, maxConnections } = settings;
  const answers = new WeakMap<Duplex, ServerResponse>();
  const port = () => (server.address() as AddressInfo | null)?.port ?? 0;
  const listener = getRequestListener(
    (request, env) => app.fetch(request, env),
    // The source's own globals stay as Node has them.
    {
      errorHandler: () => {
        count(400);
        return malformed();
      },
      overrideGlobalObjects: false,
    },
  );
  const app = createApp(settings, { log, signal, port, refused: count });
  const server = createServer(
    {
      maxHeaderSize: HEADER_BYTES,
      headersTimeout: headerTimeoutMs,
      // Bodies that nobody reads as well: of a path that there is not, say.
      requestTimeout: headerTimeoutMs + bodyTimeoutMs,
      connectionsCheckingInterval: Math.ceil(headerTimeoutMs / 2),
      requireHostHeader: false,
    },
    (incoming, outgoing) => {
      answers.set(incoming.socket, outgoing);
      void listener(incoming, outgoing);
    },
  );
  // One more than are taken, so that too many can be told from just enough.
  server.maxHeadersCount = maxHeaders + 1;
  server.maxConnections = maxConnections;
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // In the middle of an answer nothing can be said any more.
    if (!socket.writable || answers.get(socket)?.headersSent === true) socket.destroy();
    else {
      const refusal = refusalFor(error);
      count(refusal.status);
      socket.end(rawAnswer(refusal), () => socket.destroy());
    }
  });
  return server;
}

function listening(server: Server, { port, host }: WebhookSettings): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function cannotListen(
  { code, message }: NodeJS.ErrnoException,
  { host, port, setting }: WebhookSettings,
): WaitbusError {
  const another = `another port${setting === '' ? ' for it' : `, ${setting},`} in the configuration.`;
  if (code !== 'EADDRINUSE') {
    return new WaitbusError(
      'WAITBUS_SOURCE_FAILED',
      `its webhook cannot listen on ${host} port ${port}: ${message}`,
      `Set ${another}`,
    );
  }
  const shows =
    process.platform === 'linux' ? `ss -ltnp 'sport = :${port}'` : `lsof -nP -iTCP:${port}`;
  return new WaitbusError(
    'WAITBUS_SOURCE_FAILED',
    `its webhook cannot listen: port ${port} of ${host} is in use`,
    `${shows} shows by whom; end that, or set ${another}`,
  );
}

/** What the parser itself refused: duplicate lengths, a length beside chunks, headers too large or too slow. */
function refusalFor({ code }: NodeJS.ErrnoException): Refusal {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new Refusal(431, 'headers_too_large', `headers may have ${HEADER_BYTES} bytes`);
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Refusal(408, 'timeout', 'the request took too long');
    default:
      return new Refusal(400, 'bad_request', 'the request is not well-formed HTTP');
  }
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
};

function rawAnswer({ status, body }: Refusal): string {
  return [
    `HTTP/1.1 ${status} ${REASONS[status] ?? ''}`,
    'connection: close',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');
}
