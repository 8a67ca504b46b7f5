/** MCP over HTTP: on loopback only, for who has the token, and for no web page. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  localhostHostValidation,
  localhostOriginValidation,
  toNodeHandler,
} from '@modelcontextprotocol/node';
import { createMcpHandler } from '@modelcontextprotocol/server';
import { makeServer, type McpOptions } from './server.js';

export interface HttpServed {
  readonly url: string;
  readonly token: string;
  /** Resolves once it is closed. */
  close(): Promise<void>;
}

export interface HttpOptions extends McpOptions {
  /** 0: whichever is free. */
  readonly port: number;
  /** Default, for an empty one too, which everybody knows: a fresh one. */
  readonly token?: string | undefined;
}

/** @throws the operating system's error, EADDRINUSE say */
export async function serveHttp(options: HttpOptions): Promise<HttpServed> {
  const token = options.token?.trim() || randomBytes(24).toString('base64url');
  const handle = toNodeHandler(createMcpHandler(() => makeServer(options)));
  const isOfHere = [localhostHostValidation(), localhostOriginValidation()];
  const server = createServer((request, response) => {
    if (!isOfHere.every((check) => check(request, response))) return;
    const path = (request.url ?? '').replace(/\?.*$/, '');
    if (path !== '/mcp') refuse(response, 404, 'the path is /mcp');
    else if (!hasToken(request, token)) refuse(response, 401, 'a bearer token is needed');
    else void handle(request as IncomingMessage & { method: string; url: string }, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    token,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function hasToken({ headers }: IncomingMessage, token: string): boolean {
  const [, given = ''] = /^Bearer (.+)$/i.exec(headers.authorization ?? '') ?? [];
  // Hashed, so that texts of any length are compared in the same time.
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}

function refuse(response: ServerResponse, status: number, error: string): void {
  const challenge = status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {};
  response.writeHead(status, { 'Content-Type': 'application/json', ...challenge });
  response.end(`${JSON.stringify({ error })}\n`);
}
