/** Why a host would refuse an event, by its envelope and by what the manifest declares. Pure. */
import { checkEnvelope, stringifyJson, type Json, type SourceEvent } from '../envelope/index.js';
import type { FieldValues } from '../manifest/entry.js';
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
  const { event_type: type, fields = {} } = event;
  if (!declared.eventTypes.includes(type)) {
    return `${type} is emitted and not among the eventTypes of the manifest`;
  }
  const described = declared.fields?.[type];
  if (described === undefined) return null;
  for (const [key, value] of Object.entries(fields)) {
    const values = Object.hasOwn(described, key) ? described[key] : undefined;
    if (values === undefined) {
      if (declared.open === true) continue;
      return `${type}: fields.${key} is emitted and not among the fields of the manifest`;
    }
    // To leave a field out and to say null is the same.
    if (value === null || value === undefined || isOf(value, values)) continue;
    const wanted = typeof values === 'string' ? values : `one of ${values.map(shown).join(', ')}`;
    return `${type}: fields.${key} is ${shown(value)}, and by the manifest ${wanted}`;
  }
  return null;
}

function isOf(value: Json, values: FieldValues): boolean {
  if (typeof values !== 'string') return values.some((one) => shown(one) === shown(value));
  switch (values) {
    case 'integer':
      return typeof value === 'bigint' || Number.isInteger(value);
    case 'number':
      return typeof value === 'bigint' || typeof value === 'number';
    case 'object':
      return typeof value === 'object';
    case 'any':
      return true;
    default:
      return typeof value === values;
  }
}

function shown(value: Json): string {
  return stringifyJson(value).slice(0, 100);
}
