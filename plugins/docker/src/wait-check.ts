/**
 * What is said to a wait while it is armed: that its shell means another engine, that no container
 * has the name or the image that it asks for. All of it may still come about, so the wait goes on.
 */
import { shellWord, type WaitNote, type Waiter } from '@waitbus/plugin-sdk';
import { describeEndpoint, type Endpoint } from './endpoint.js';
import type { Surroundings } from './locate.js';
import { otherEngine } from './other-engine.js';
import type { Listed } from './records.js';

/** `same`: the engine that is listened to, by another way. */
export type Answer = 'same' | 'other' | 'absent';

export interface Known {
  readonly ours: Endpoint;
  /** The source's own surroundings; a shell's differ in the environment. */
  readonly surroundings: Surroundings;
  readonly real: (path: string) => string;
  readonly probe: (place: Endpoint) => Promise<Answer>;
  /** Null when the engine does not say. */
  readonly containers: () => Promise<readonly Listed[] | null>;
}

export async function checkWait(
  asking: Pick<Waiter, 'anyOf' | 'env'>,
  known: Known,
): Promise<readonly WaitNote[]> {
  const engine = asking.env === null ? null : await engineNote(asking.env, known);
  const names = asking.anyOf.flatMap((_, at) => {
    const container = wanted(asking, at, 'fields.container');
    const image = wanted(asking, at, 'fields.image');
    return container.length + image.length > 0 ? [{ at, container, image }] : [];
  });
  const listed = names.length === 0 ? null : await known.containers();
  const place = describeEndpoint(known.ours);
  const absent = names.flatMap(({ at, container, image }) => [
    ...containerNote(container, listed ?? [], place, at),
    ...imageNote(image, listed ?? [], at),
  ]);
  return [...(engine === null ? [] : [engine]), ...(listed === null ? [] : absent)];
}

async function engineNote(
  env: Readonly<Record<string, string>>,
  { ours, surroundings, real, probe }: Known,
): Promise<WaitNote | null> {
  const other = otherEngine(ours, { ...surroundings, env }, real);
  if (other === null) return null;
  const { detail, remedy, places } = other;
  const note = { code: 'other_engine', level: 'warning', detail, remedy } as const;
  const isNamed = places.length < 2;
  for (const place of places) {
    const answer = await probe(place);
    if (answer === 'same') return null;
    if (answer === 'other') return note;
  }
  // Where nothing is named and nothing answers, the shell has no engine of its own.
  return isNamed ? note : null;
}

/** The strings that a key has to be one of; none where it may be anything else. */
function wanted({ anyOf }: Pick<Waiter, 'anyOf'>, at: number, key: string): readonly string[] {
  const conditions = (anyOf[at] ?? []).filter((one) => one.key === key && one.op === '=');
  return conditions.map(({ value }) => value).filter((value) => typeof value === 'string');
}

function containerNote(
  names: readonly string[],
  listed: readonly Listed[],
  place: string,
  alternative: number,
): readonly WaitNote[] {
  const has = new Set(listed.flatMap((one) => one.names));
  if (names.length === 0 || names.some((name) => has.has(name))) return [];
  const detail = `no container is named ${names.join(' or ')} yet, at the engine at ${place}`;
  return [{ code: 'no_container', level: 'warning', detail, remedy: 'docker ps -a', alternative }];
}

/** An image is told as it was named when the container was made, with its tag or without. */
function imageNote(
  images: readonly string[],
  listed: readonly Listed[],
  alternative: number,
): readonly WaitNote[] {
  const has = new Set(listed.map(({ image }) => image));
  if (images.some((image) => has.has(image))) return [];
  for (const image of images) {
    const near = [...has].find((one) => bare(one) === bare(image));
    if (near === undefined) continue;
    const detail = `the image ${image} is told as it was named: containers have ${near}`;
    const remedy = `waitbus wait --source docker --match ${shellWord(`fields.image="${near}"`)}`;
    return [{ code: 'image_name', level: 'warning', detail, remedy, alternative }];
  }
  return [];
}

/** Without registry, tag and digest. */
function bare(image: string): string {
  const [path = ''] = image.split('@');
  return path.slice(path.lastIndexOf('/') + 1).replace(/:[^:]*$/, '');
}
