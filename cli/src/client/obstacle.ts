/** Why a wait cannot be fulfilled: its source is gone, or no event of it can match. Pure. */
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import type { SourceStateFrame, WaitNoteFrame } from './stream.js';

export type Obstacle =
  | (SourceStateFrame & { readonly state: 'failed' | 'quarantined' })
  | (WaitNoteFrame & { readonly level: 'impossible' });

export function isObstacle(frame: SourceStateFrame | WaitNoteFrame): frame is Obstacle {
  if (frame.kind === 'wait_note') return frame.level === 'impossible';
  return frame.state === 'failed' || frame.state === 'quarantined';
}

export function errorOfObstacle(obstacle: Obstacle): WaitbusError {
  const { source, detail, remedy } = obstacle;
  if (obstacle.kind === 'wait_note') {
    return new WaitbusError('WAITBUS_CANNOT_MATCH', `source ${source}: ${detail}`, remedy);
  }
  const state = obstacle.state === 'failed' ? 'has failed' : `is ${obstacle.state}`;
  return new WaitbusError('WAITBUS_SOURCE_FAILED', `source ${source} ${state}: ${detail}`, remedy);
}

/** `source fs: DETAIL; REMEDY` */
export function lineOfNote({ source, detail, remedy }: WaitNoteFrame): string {
  return `source ${source}: ${detail}${remedy === '' ? '' : `; ${remedy}`}`;
}
