/** Why a host would refuse an event, by its envelope and by what the manifest declares. Pure. */
import { checkEnvelope, type SourceEvent } from '../envelope/index.js';
import { messageOf } from './failure.js';
import type { Target } from './target.js';

/** @returns null for an event that is taken */
export function problemOf(
  event: SourceEvent,
  { source, declared }: Pick<Target, 'source' | 'declared'>,
): string | null {
  try {
    checkEnvelope({ ...event, source });
  } catch (error) {
    return messageOf(error);
  }
  if (declared.eventTypes.includes(event.event_type)) return null;
  return `${event.event_type} is emitted and not among the eventTypes of the manifest`;
}
