/**
 * Whether a shell means another engine than the one that is listened to, by its own `DOCKER_HOST` or
 * context, and what is said of it: pure but for what `Surroundings` reads.
 */
import { shellWord } from '@waitbus/plugin-sdk';
import { configured, describeEndpoint, type Endpoint } from './endpoint.js';
import { locate, type Surroundings } from './locate.js';
import { EngineProblem } from './problem.js';

export interface OtherEngine {
  readonly detail: string;
  readonly remedy: string;
  /** Where the shell's engine may be, the first that answers; none where waitbus cannot speak to it. */
  readonly places: readonly Endpoint[];
}

/**
 * @param ours where the source listens
 * @param shell what the waiting process has
 * @param real the path that a socket's path leads to
 * @returns null where the shell means the same engine, or any that answers
 */
export function otherEngine(
  ours: Endpoint,
  shell: Surroundings,
  real: (path: string) => string = (path) => path,
): OtherEngine | null {
  const here = `waitbus listens to ${describeEndpoint(ours)}`;
  try {
    const places = locate(undefined, shell);
    const [first] = places;
    if (first === undefined || places.some((place) => isSame(place, ours, real))) return null;
    const theirs = describeEndpoint(first);
    return {
      detail: `this shell's engine is ${theirs}, and ${here}: its containers are not seen`,
      remedy: configured(shellWord(first.kind === 'unix' ? `unix://${first.path}` : theirs)),
      places,
    };
  } catch (error) {
    if (!(error instanceof EngineProblem)) throw error;
    return {
      detail: `this shell's engine is not seen: ${error.message}; ${here}`,
      remedy: error.remedy,
      places: [],
    };
  }
}

function isSame(one: Endpoint, other: Endpoint, real: (path: string) => string): boolean {
  if (one.kind === 'unix' && other.kind === 'unix') return real(one.path) === real(other.path);
  if (one.kind !== 'tcp' || other.kind !== 'tcp') return false;
  return one.port === other.port && hostOf(one.host) === hostOf(other.host);
}

function hostOf(host: string): string {
  const name = host.toLowerCase();
  return ['localhost', '::1'].includes(name) ? '127.0.0.1' : name;
}
