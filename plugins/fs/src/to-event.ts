/**
 * An observation as the event that is emitted, and the schemas of its fields. Pure.
 */
import { basename, relative } from 'node:path';
import type { SourceEvent } from '@waitbus/plugin-sdk';
import { z } from 'zod';
import type { Observation } from './engine.js';

const name = z.string().min(1);
const integer = z.bigint();

export const EVENTS = {
  fs_change: z.strictObject({
    workflow_name: name,
    path: name,
    root: name,
    size: integer,
    mtime_ns: integer,
    status: z.literal('completed'),
  }),
  fs_delete: z.strictObject({
    workflow_name: name,
    path: name,
    root: name,
    status: z.literal('deleted'),
  }),
} as const;

/**
 * @param save names this save and no other: two saves may leave the same time and size behind
 */
export function toEvent(observation: Observation, save: string): SourceEvent {
  const { path, root } = observation;
  const shown = relative(root, path);
  const common = { delivery_id: save, ingest_method: 'watch' };
  const place = { workflow_name: basename(path), path, root };
  if (observation.type === 'deleted') {
    return {
      ...common,
      event_type: 'fs_delete',
      summary: `deleted ${shown}`,
      fields: { ...place, status: 'deleted' },
    };
  }
  return {
    ...common,
    event_type: 'fs_change',
    summary: `saved ${shown}`,
    fields: {
      ...place,
      size: observation.size,
      mtime_ns: observation.mtimeNs,
      status: 'completed',
    },
  };
}
