/**
 * An observation as the events that are emitted, and the schemas of their fields. Pure.
 */
import { basename, relative } from 'node:path';
import type { SourceEvent } from '@waitbus/plugin-sdk';
import { z } from 'zod';
import type { Observation, Place } from './engine.js';
import { shownName } from './file-name.js';
import { NO_WISHES, otherPlaces, type Wishes } from './wishes.js';

const name = z.string().min(1);
const integer = z.bigint();

const PLACE = {
  workflow_name: name,
  path: name,
  root: name,
  /** The path in the spelling of the root: what decides whose directory it lies in. */
  root_path: name,
  /** Only waits with a condition on this key are told. */
  only_for: z.enum(['path', 'event_type']).optional(),
};

export const EVENTS = {
  fs_change: z.strictObject({
    ...PLACE,
    size: integer,
    mtime_ns: integer,
    status: z.literal('completed'),
    conclusion: z.literal('success'),
  }),
  fs_delete: z.strictObject({ ...PLACE, status: z.literal('deleted') }),
  fs_create: z.strictObject({
    ...PLACE,
    kind: z.enum(['directory', 'socket', 'fifo', 'device']),
    status: z.literal('created'),
  }),
} as const;

const KINDS = {
  saved: { event_type: 'fs_change', verb: 'saved' },
  deleted: { event_type: 'fs_delete', verb: 'deleted' },
  created: { event_type: 'fs_create', verb: 'created' },
} as const;

/**
 * One event for each spelling of the path that is asked for.
 * @param save names this save and no other: two saves may leave the same time and size behind
 */
export function toEvents(
  observation: Observation,
  save: string,
  wishes: Wishes = NO_WISHES,
): readonly SourceEvent[] {
  const { places, real, type } = observation;
  if (type === 'created' && !wishes.created) return [];
  const asked = type === 'created' ? { only_for: 'event_type' } : {};
  const own = places.map((place) => ({ place, rootPath: place.path, ...asked }));
  const others = otherPlaces(real, places, wishes).map(({ rootPath, ...place }) => ({
    place,
    rootPath,
    only_for: 'path',
  }));
  return [...own, ...others].map(({ place, rootPath, ...rest }, n) => ({
    delivery_id: n === 0 ? save : `${save}:${n}`,
    ingest_method: 'watch',
    event_type: KINDS[type].event_type,
    summary: `${KINDS[type].verb} ${shownName(relative(place.root, rootPath))}`,
    fields: { ...placeFields(place, rootPath), ...rest, ...ownFields(observation) },
  }));
}

function placeFields({ path, root }: Place, rootPath: string): Record<string, string> {
  return {
    workflow_name: shownName(basename(path)),
    path: shownName(path),
    root: shownName(root),
    root_path: shownName(rootPath),
  };
}

function ownFields(observation: Observation): Record<string, string | bigint> {
  switch (observation.type) {
    case 'saved': {
      const { size, mtimeNs } = observation;
      return { size, mtime_ns: mtimeNs, status: 'completed', conclusion: 'success' };
    }
    case 'deleted':
      return { status: 'deleted' };
    case 'created':
      return { kind: observation.kind, status: 'created' };
  }
}
