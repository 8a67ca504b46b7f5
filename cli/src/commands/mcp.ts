/** `waitbus mcp`: what an agent can do on the bus, as an MCP server over stdio or loopback HTTP. */
import { parseArgs } from 'node:util';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { checkAgentName } from '../client/agent-name.js';
import { findInstallation } from '../installation.js';
import { makeServer } from '../mcp/server.js';
import { EXIT, print, say, UsageError } from '../terminal/exit.js';
import { timeoutOf } from './timeout.js';
import { wholeNumber } from './whole-number.js';

const OPTIONS = {
  as: { type: 'string' },
  slice: { type: 'string' },
  http: { type: 'boolean' },
  port: { type: 'string' },
  'no-autostart': { type: 'boolean' },
} as const;

const TOKEN_VARIABLE = 'WAITBUS_MCP_TOKEN';
const MAX_PORT = 65_535;

export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: OPTIONS, strict: true });
  const sliceMs = timeoutOf(values.slice);
  if (sliceMs === 0) throw new UsageError('--slice 0 is no time');
  const options = {
    version: findInstallation().version,
    ...(values.as === undefined ? {} : { as: checkAgentName(values.as) }),
    ...(sliceMs === undefined ? {} : { sliceMs }),
    ...(values['no-autostart'] === true ? { autostart: false } : {}),
  };
  if (values.http === true) {
    const port = values.port === undefined ? 0 : wholeNumber('--port', values.port, 0);
    if (port > MAX_PORT) throw new UsageError(`--port ${port} is over ${MAX_PORT}`);
    // Most serve stdio, which need not wait 30 ms for what HTTP needs.
    const { serveHttp } = await import('../mcp/http.js');
    const served = await serveHttp({ ...options, port, token: process.env[TOKEN_VARIABLE] });
    print(JSON.stringify({ url: served.url, token: served.token }));
    say(`waitbus mcp: ${served.url}, for who sends Authorization: Bearer TOKEN. Ctrl-C ends it.`);
    const code = await signalled();
    await served.close();
    return code;
  }
  if (values.port !== undefined) throw new UsageError('--port goes with --http');
  const server = serveStdio(() => makeServer(options));
  const ended = new Promise<number>((resolve) => {
    process.stdin.once('end', () => resolve(EXIT.ok));
    process.stdin.once('close', () => resolve(EXIT.ok));
  });
  const code = await Promise.race([ended, signalled()]);
  await server.close();
  return code;
}

function signalled(): Promise<number> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve(EXIT.sigint));
    process.once('SIGTERM', () => resolve(EXIT.sigterm));
    process.once('SIGHUP', () => resolve(EXIT.sigterm));
  });
}
