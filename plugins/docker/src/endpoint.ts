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

/** What `docker` takes `unix://` for. */
const SYSTEM_SOCKET = '/var/run/docker.sock';

const FORMS = 'unix:///PATH, tcp://HOST:PORT and http://HOST:PORT';

/**
 * @param text an absolute path, or as in DOCKER_HOST: a URL, or `HOST:PORT`
 * @param where what gave it, for people: `DOCKER_HOST`
 * @param tls what asks for TLS, for people; null when nothing does
 * @throws EngineProblem
 */
export function parseEndpoint(text: string, where: string, tls: string | null = null): Endpoint {
  if (isAbsolute(text)) return { kind: 'unix', path: text };
  const [, scheme, rest = ''] = /^(?:([a-z]+):\/\/)?(.*)$/is.exec(text.trim()) ?? [];
  switch (scheme?.toLowerCase()) {
    case 'unix':
      if (rest === '') return { kind: 'unix', path: SYSTEM_SOCKET };
      if (isAbsolute(rest)) return { kind: 'unix', path: rest };
      throw unusable(text, where, `a socket's path is absolute: unix://${SYSTEM_SOCKET}`);
    case undefined:
      // As `docker` reads it: a host, a port, or both. A bare word is more likely a slip.
      if (!/^[^\s/]*:\d{1,5}\/?$/.test(rest)) break;
      if (tls !== null) throw overTls(text, where, tls);
      return parseAddress(text, rest.replace(/^:/, '127.0.0.1:'), where);
    case 'tcp':
    case 'http':
      if (tls !== null) throw overTls(text, where, tls);
      return parseAddress(text, rest, where);
    case 'https':
      throw overTls(text, where, 'https');
    case 'ssh':
      throw overSsh(text, where);
    case 'npipe':
      throw unusable(text, where, 'a named pipe is of Windows, which waitbus does not run on');
    case 'fd':
      throw unusable(text, where, 'fd:// is what an engine listens on, not where it is reached');
    default:
      break;
  }
  throw unusable(text, where, `waitbus speaks to ${FORMS}`);
}

/** The engine at this address wants TLS. */
export function wantsTls(endpoint: Endpoint): EngineProblem {
  const place = describeEndpoint(endpoint);
  return overTls(place, 'the engine', 'as it answers');
}

function unusable(text: string, where: string, why: string): EngineProblem {
  const problem = `${where} is ${JSON.stringify(text)}: ${why}`;
  return new EngineProblem('unusable', problem, configured(`unix://${SYSTEM_SOCKET}`));
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
    const problem = `${where} is ${JSON.stringify(text)}, which is no tcp://HOST:PORT`;
    throw new EngineProblem('unusable', problem, configured('tcp://127.0.0.1:2375'));
  }
  // A URL leaves its scheme's own port out.
  const port = url.port !== '' ? Number(url.port) : /:80\/?$/.test(rest) ? 80 : PLAIN_PORT;
  return { kind: 'tcp', host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port };
}

/** Whoever can reach it over ssh can forward its socket. */
function overSsh(text: string, where: string): EngineProblem {
  const [, target = '', path = ''] = /^ssh:\/\/([^/]*)(.*)$/i.exec(text) ?? [];
  const remote = path === '' || path === '/' ? SYSTEM_SOCKET : path;
  return forwarded(`${where} is ${text}, and waitbus does not speak ssh`, target, remote);
}

/** @param why what asks for it: `DOCKER_TLS_VERIFY` */
function overTls(text: string, where: string, why: string): EngineProblem {
  const host = /^(?:[a-z]+:\/\/)?(\[[^\]]*\]|[^:/]*)/i.exec(text)?.[1] ?? '';
  const problem = `${where} is ${text} over TLS (${why}), which waitbus does not speak`;
  return forwarded(problem, host === '' ? 'localhost' : host, SYSTEM_SOCKET);
}

/** The configuration, since the environment is that of whatever command started the daemon. */
export function configured(socket: string): string {
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
