/**
 * Where to look for an engine: what is configured, `DOCKER_HOST`, the docker CLI's context, then the
 * usual places. Pure but for reading the CLI's files, which is given.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { isObject, parseJson } from '@waitbus/plugin-sdk';
import { configured, parseEndpoint, type Endpoint } from './endpoint.js';
import { EngineProblem } from './problem.js';

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** -1 where there is none. */
  readonly uid: number;
  readonly platform: string;
  /** The text of a file; null when there is none, or it may not be read. */
  readonly readText: (path: string) => string | null;
}

/**
 * The places to try, in this order; the first engine that answers is taken. One that was named has
 * no alternatives.
 * @param socket `sources.docker.socket` of the configuration
 * @throws EngineProblem for a place that cannot be used
 */
export function locate(socket: string | undefined, from: Surroundings): readonly Endpoint[] {
  const { env } = from;
  const tls = given(env['DOCKER_TLS_VERIFY']) === null ? null : 'DOCKER_TLS_VERIFY';
  if (socket !== undefined) return [parseEndpoint(socket, 'sources.docker.socket')];
  const host = given(env['DOCKER_HOST']);
  if (host !== null) return [parseEndpoint(host, 'DOCKER_HOST', tls)];
  const context = currentContext(from);
  if (context !== null) return [endpointOf(context, from, tls)];
  return usualPlaces(from).map((path) => ({ kind: 'unix', path }));
}

function usualPlaces({ env, home, uid, platform }: Surroundings): string[] {
  const runtime = given(env['XDG_RUNTIME_DIR']) ?? (uid < 0 ? null : `/run/user/${uid}`);
  return [
    '/var/run/docker.sock',
    ...(platform === 'darwin' ? [join(home, '.docker/run/docker.sock')] : []),
    ...(runtime === null
      ? []
      : [join(runtime, 'docker.sock'), join(runtime, 'podman/podman.sock')]),
    '/run/podman/podman.sock',
  ];
}

/** The context that `docker` itself would use; null for the default one. */
function currentContext(from: Surroundings): string | null {
  const config = readJson(join(configDirectory(from), 'config.json'), from);
  const configured = isObject(config) ? config['currentContext'] : null;
  const name =
    given(from.env['DOCKER_CONTEXT']) ??
    (typeof configured === 'string' ? given(configured) : null);
  return name === 'default' ? null : name;
}

/** The CLI keeps a context under the hash of its name. */
function endpointOf(context: string, from: Surroundings, tls: string | null): Endpoint {
  const digest = createHash('sha256').update(context).digest('hex');
  const directory = join(configDirectory(from), 'contexts');
  const meta = readJson(join(directory, 'meta', digest, 'meta.json'), from);
  const endpoints = isObject(meta) ? meta['Endpoints'] : null;
  const docker = isObject(endpoints) ? endpoints['docker'] : null;
  const host = isObject(docker) ? docker['Host'] : null;
  if (typeof host !== 'string' || host === '') {
    const named = given(from.env['DOCKER_CONTEXT']) === null ? '' : ' (of DOCKER_CONTEXT)';
    throw new EngineProblem(
      'unusable',
      `the docker context ${context}${named} has no endpoint in ${directory}`,
      // What a variable names, the docker command cannot put right.
      named === '' ? 'docker context use default' : configured('unix:///var/run/docker.sock'),
    );
  }
  const keys = ['ca.pem', 'cert.pem', 'key.pem'].map((file) =>
    from.readText(join(directory, 'tls', digest, 'docker', file)),
  );
  const ofContext = keys.some((text) => text !== null) ? "the context's keys" : null;
  return parseEndpoint(host, `the docker context ${context}`, ofContext ?? tls);
}

function configDirectory({ env, home }: Surroundings): string {
  return given(env['DOCKER_CONFIG']) ?? join(home, '.docker');
}

function readJson(path: string, { readText }: Surroundings): unknown {
  const text = readText(path);
  if (text === null) return null;
  try {
    return parseJson(text);
  } catch {
    return null;
  }
}

function given(value: string | undefined): string | null {
  return value === undefined || value === '' ? null : value;
}
