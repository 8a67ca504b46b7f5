/** What the check of a wait goes by: the engine that is listened to, and whether another one is it. */
import { realpathSync } from 'node:fs';
import { isObject } from '@waitbus/plugin-sdk';
import type { Endpoint } from './endpoint.js';
import { EngineApi } from './engine-api.js';
import type { Surroundings } from './locate.js';
import { EngineProblem } from './problem.js';
import { parseList } from './records.js';
import type { Answer, Known } from './wait-check.js';

/** A wait is armed meanwhile. */
const PROBE_MS = 1000;

export function knownEngine(api: EngineApi, surroundings: Surroundings): Known {
  return {
    ours: api.endpoint,
    surroundings,
    real: realPath,
    probe: (place) => probe(api, place),
    containers: () => api.containers().then(parseList, () => null),
  };
}

async function probe(ours: EngineApi, place: Endpoint): Promise<Answer> {
  const theirs = new EngineApi(place, { signal: AbortSignal.timeout(PROBE_MS) });
  try {
    const [one, other] = await Promise.all([ours.info(), theirs.info()]);
    return idOf(one) !== null && idOf(one) === idOf(other) ? 'same' : 'other';
  } catch (error) {
    // One that this user may not enter, or that is slow, is there.
    return error instanceof EngineProblem && error.kind === 'absent' ? 'absent' : 'other';
  } finally {
    theirs.close();
  }
}

/** Docker's own; Podman makes up another one for each answer. */
function idOf(info: unknown): string | null {
  const id = isObject(info) ? info['ID'] : null;
  return typeof id === 'string' && id !== '' ? id : null;
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
