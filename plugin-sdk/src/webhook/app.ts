/**
 * The webhook's routes as a Hono application: what is refused, what reaches a handler, and how the
 * answers look. Knows nothing of sockets.
 */
import { Hono } from 'hono';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SourceLog } from '../define-source.js';
import { Held, readBody } from './body.js';
import type { WebhookResponse, WebhookRoute, WebhookSettings } from './options.js';
import { Refusal, refusalOf } from './refusal.js';

/** What @hono/node-server hands on of Node's own. */
export interface NodeBindings {
  readonly Bindings: { readonly incoming: IncomingMessage; readonly outgoing: ServerResponse };
}

export interface AppContext {
  readonly log: SourceLog;
  readonly signal: AbortSignal;
  /** A request was answered with this status, because of what its sender did. */
  readonly refused: (status: number, host?: string) => void;
  /** Where it listens; known once it does. */
  readonly port: () => number;
}

export function createApp(settings: WebhookSettings, context: AppContext): Hono<NodeBindings> {
  const { log, signal, port, refused } = context;
  const held = new Held(settings.bodyLimit);
  const app = new Hono<NodeBindings>();
  const paths = routesByPath(settings.routes);

  app.use(async (c, next) => {
    const refusal = refusalOf(c.env.incoming, settings, port());
    if (refusal !== null) throw refusal;
    // As it was sent: `/./hook` and `/%68ook` are not `/hook`, whatever a URL makes of them.
    const [target = ''] = (c.env.incoming.url ?? '').split('?', 1);
    if (!paths.has(target)) return c.notFound();
    await next();
    // A connection that is kept alive would keep the process alive.
    if (signal.aborted) c.header('connection', 'close');
    return undefined;
  });
  for (const [path, routes] of paths) {
    app.all(path, async (c) => {
      const route = routes.get(c.req.method);
      if (route === undefined) {
        const allow = [...routes.keys()].join(', ');
        throw new Refusal(405, 'method_not_allowed', `${path} takes ${allow}`, { allow });
      }
      const { incoming, outgoing } = c.env;
      const body = await readBody(incoming, outgoing, settings, held);
      const { searchParams } = new URL(c.req.url);
      const answer = await route.handler({
        path,
        query: searchParams,
        headers: c.req.header(),
        body,
      });
      refused(answer.status);
      return toResponse(answer);
    });
  }
  app.notFound(() => {
    refused(404);
    return toRefusal(new Refusal(404, 'not_found', 'there is no such path'));
  });
  app.onError((error, c) => {
    if (error instanceof Refusal) {
      const { method, path } = c.req;
      log.debug(`${method} ${path} was answered with ${error.status}: ${error.message}`);
      refused(error.status, c.env.incoming.headers.host);
      return toRefusal(error);
    }
    // Nobody is left to answer.
    if (c.env.incoming.destroyed && !c.env.incoming.complete) log.debug(error.message);
    else log.error(`the webhook failed on ${c.req.path}`, { error: error.stack ?? error.message });
    return toRefusal(new Refusal(500, 'internal', 'the request could not be handled'));
  });
  return app;
}

/** The answer for a request that Hono never saw: its Host header makes no URL. */
export function malformed(): Response {
  return toRefusal(new Refusal(400, 'bad_request', 'the Host header or the target is malformed'));
}

function routesByPath(
  routes: readonly WebhookRoute[],
): ReadonlyMap<string, ReadonlyMap<string, WebhookRoute>> {
  const paths = new Map<string, Map<string, WebhookRoute>>();
  for (const route of routes) {
    const methods = paths.get(route.path) ?? new Map<string, WebhookRoute>();
    paths.set(route.path, methods.set(route.method ?? 'POST', route));
  }
  return paths;
}

const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

function toResponse({ status, body }: WebhookResponse): Response {
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new TypeError(`a handler answered with the status ${status}`);
  }
  if (body === undefined || BODILESS.has(status)) return new Response(null, { status });
  if (typeof body !== 'string') return Response.json(body, { status });
  return new Response(body, { status, headers: { 'content-type': 'text/plain; charset=utf-8' } });
}

function toRefusal({ status, body, headers }: Refusal): Response {
  return new Response(body, {
    status,
    headers: { ...headers, 'content-type': 'application/json' },
  });
}
