/**
 * Why an engine cannot be observed, in words and with the command that mends it: pure. Which of the
 * problems of several places is told is decided here too.
 */
import { shellWord } from '@waitbus/plugin-sdk';
import { describeEndpoint, type Endpoint } from './endpoint.js';

/**
 * - `absent`: nothing listens there
 * - `denied`: this user may not connect
 * - `foreign`: what answers is no engine
 * - `silent`: it was reached and did not answer in time, or hung up
 * - `unusable`: the place was given in a form that cannot be used
 */
export type ProblemKind = 'absent' | 'denied' | 'foreign' | 'silent' | 'unusable';

export class EngineProblem extends Error {
  readonly kind: ProblemKind;
  readonly remedy: string;

  constructor(kind: ProblemKind, message: string, remedy: string) {
    super(message);
    this.name = 'EngineProblem';
    this.kind = kind;
    this.remedy = remedy;
  }
}

const SYSTEM_SOCKETS = ['/var/run/docker.sock', '/run/docker.sock'];

/** What an error of the connection or of the conversation means. */
export function problemOf(error: unknown, endpoint: Endpoint, platform: string): EngineProblem {
  if (error instanceof EngineProblem) return error;
  const { code, message } = Object(error) as { code?: unknown; message?: unknown };
  const place = describeEndpoint(endpoint);
  const start = startCommand(endpoint, platform);
  switch (code) {
    case 'ENOENT':
    case 'ECONNREFUSED':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new EngineProblem('absent', `no container engine listens at ${place}`, start);
    case 'EACCES':
    case 'EPERM':
      return new EngineProblem(
        'denied',
        `the engine's socket ${place} is not open to this user`,
        permissionCommand(place),
      );
    case 'ENOTSOCK':
      return new EngineProblem('foreign', `${place} is no socket`, start);
    default:
      break;
  }
  // The parser of HTTP says HPE_ before what is wrong.
  if (typeof code === 'string' && code.startsWith('HPE_')) return foreign(endpoint, platform);
  const reason = typeof message === 'string' ? message : String(error);
  return new EngineProblem('silent', `the engine at ${place} hung up: ${reason}`, start);
}

export function foreign(endpoint: Endpoint, platform: string, what = ''): EngineProblem {
  const place = describeEndpoint(endpoint);
  const said = what === '' ? '' : ` (${what})`;
  return new EngineProblem(
    'foreign',
    `what answers at ${place} is no container engine${said}`,
    startCommand(endpoint, platform),
  );
}

export function silent(endpoint: Endpoint, milliseconds: number): EngineProblem {
  const place = describeEndpoint(endpoint);
  return new EngineProblem(
    'silent',
    `the engine at ${place} did not answer within ${milliseconds / 1000} s`,
    endpoint.kind === 'unix'
      ? `docker -H ${shellWord(`unix://${place}`)} version`
      : `docker -H ${shellWord(place)} version`,
  );
}

/** Of what is wrong with each place, the one to tell: what is closest to an engine. */
export function tellingProblem(problems: readonly EngineProblem[]): EngineProblem {
  const order: readonly ProblemKind[] = ['denied', 'silent', 'foreign', 'unusable', 'absent'];
  const [first, ...others] = [...problems].sort(
    (a, b) => order.indexOf(a.kind) - order.indexOf(b.kind),
  );
  if (first === undefined) throw new Error('there is no problem to tell');
  if (first.kind !== 'absent' || others.length === 0) return first;
  const places = problems.map(({ message }) => message.replace(/^.* at /, '')).join(', ');
  return new EngineProblem('absent', `no container engine listens at ${places}`, first.remedy);
}

/** Starts what should listen there. */
function startCommand(endpoint: Endpoint, platform: string): string {
  if (endpoint.kind === 'tcp') return `docker -H ${describeEndpoint(endpoint)} version`;
  const { path } = endpoint;
  if (platform === 'darwin') return path.includes('podman') ? 'podman machine start' : OPEN_DESKTOP;
  const user = /^\/run\/user\//.test(path) ? ' --user' : '';
  const sudo = user === '' ? 'sudo ' : '';
  return `${sudo}systemctl${user} start ${path.includes('podman') ? 'podman.socket' : 'docker'}`;
}

const OPEN_DESKTOP = 'open -a Docker';

/** The group counts for processes that begin after the next login: the daemon has to be a new one. */
function permissionCommand(path: string): string {
  if (!SYSTEM_SOCKETS.includes(path)) return `sudo chown "$USER" ${shellWord(path)}`;
  return 'sudo usermod -aG docker "$USER" && waitbus stop   # then log in again, or run: newgrp docker';
}
