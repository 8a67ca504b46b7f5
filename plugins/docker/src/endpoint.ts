/**
 * Where an engine listens, from the text that `DOCKER_HOST`, a context or the configuration gives:
 * pure. What cannot be spoken to (ssh, TLS) is a problem with a remedy.
 */
import { isAbsolute } from 'node:path';
import { shellWord } from '@waitbus/plugin-sdk';
import { EngineProblem } from './problem.js';

export type Endpoint =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

/** The port of an engine without TLS. */
const PLAIN_PORT = 2375;

const FORMS = 'unix:///PATH, tcp://HOST:PORT and http://HOST:PORT';

/**
 * @param text an absolute path, or a URL as in DOCKER_HOST
 * @param where what gave it, for people: `DOCKER_HOST`
 * @throws EngineProblem
 */
export function parseEndpoint(text: string, where: string, tls = false): Endpoint {
  if (isAbsolute(text)) return { kind: 'unix', path: text };
  const [, scheme = '', rest = ''] = /^([a-z]+):\/\/(.*)$/i.exec(text) ?? [];
  switch (scheme.toLowerCase()) {
    case 'unix':
      if (isAbsolute(rest)) return { kind: 'unix', path: rest };
      break;
    case 'tcp':
    case 'http':
      if (tls) throw overTls(text, where);
      return parseAddress(text, rest, where);
    case 'https':
      throw overTls(text, where);
    case 'ssh':
      throw overSsh(text, where);
    default:
      break;
  }
  throw new EngineProblem(
    'unusable',
    `${where} is ${JSON.stringify(text)}: waitbus speaks to ${FORMS}`,
    configured('unix:///var/run/docker.sock'),
  );
}

export function describeEndpoint(endpoint: Endpoint): string {
  if (endpoint.kind === 'unix') return endpoint.path;
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host;
  return `tcp://${host}:${endpoint.port}`;
}

function parseAddress(text: string, rest: string, where: string): Endpoint {
  const url = URL.canParse(`http://${rest}`) ? new URL(`http://${rest}`) : null;
  const isPlain = url !== null && ['', '/'].includes(url.pathname) && url.search === '';
  if (!isPlain || url.username !== '') {
    throw new EngineProblem(
      'unusable',
      `${where} is ${JSON.stringify(text)}, which is no tcp://HOST:PORT`,
      configured('tcp://127.0.0.1:2375'),
    );
  }
  // A URL leaves its scheme's own port out.
  const port = url.port !== '' ? Number(url.port) : /:80\/?$/.test(rest) ? 80 : PLAIN_PORT;
  return { kind: 'tcp', host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port };
}

/** Whoever can reach it over ssh can forward its socket. */
function overSsh(text: string, where: string): EngineProblem {
  const [, target = '', path = ''] = /^ssh:\/\/([^/]*)(.*)$/i.exec(text) ?? [];
  const remote = path === '' || path === '/' ? '/var/run/docker.sock' : path;
  return forwarded(`${where} is ${text}, and waitbus does not speak ssh`, target, remote);
}

function overTls(text: string, where: string): EngineProblem {
  const host = /^[a-z]+:\/\/(\[[^\]]*\]|[^:/]*)/i.exec(text)?.[1] ?? '';
  const problem = `${where} is ${text} over TLS, which waitbus does not speak`;
  return forwarded(problem, host, '/var/run/docker.sock');
}

/** The configuration, since the environment is that of whatever command started the daemon. */
function configured(socket: string): string {
  return `waitbus config set sources.docker.socket ${socket}`;
}

/** The shell that it is pasted into knows the user's directories. */
function forwarded(problem: string, target: string, remote: string): EngineProblem {
  const [, host = target, port] = /^(.*?)(?::(\d+))?$/.exec(target) ?? [];
  const options = '-o ExitOnForwardFailure=yes -o StreamLocalBindUnlink=yes';
  const ssh = ['ssh -fnNT', options, ...(port === undefined ? [] : ['-p', port])].join(' ');
  return new EngineProblem(
    'unusable',
    problem,
    `L="\${XDG_RUNTIME_DIR:-$HOME}/waitbus-docker.sock"; ` +
      `${ssh} -L "$L":${shellWord(remote)} ${shellWord(host)} && ${configured('"$L"')}`,
  );
}
