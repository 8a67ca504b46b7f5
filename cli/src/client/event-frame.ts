/**
 * An event as it comes over the wire, and the one place where it is made of what a daemon sent. The
 * log may hold what an older version took and what no version should have: whatever stands there is
 * readable, so that one event keeps nobody from the others. Pure.
 */
import { isObject, type Fields } from '@waitbus/plugin-sdk/envelope';

export interface EventFrame {
  readonly kind: 'event';
  readonly event_id: string;
  readonly event_type: string;
  readonly owner: string;
  readonly repo: string;
  /** Nanoseconds since the epoch. */
  readonly received_at: bigint;
  readonly delivery_id: string;
  readonly summary: string;
  readonly fields: Fields;
}

const TEXTS = ['event_id', 'event_type', 'owner', 'repo', 'delivery_id', 'summary'] as const;

/** Members beyond those of an event stay: the payload of `get`. Never throws. */
export function eventFrameOf(value: unknown): EventFrame {
  const given = isObject(value) ? value : {};
  if (isSound(given)) return given;
  const texts = Object.fromEntries(TEXTS.map((name) => [name, textOf(given[name])]));
  return {
    ...given,
    ...texts,
    kind: 'event',
    received_at: integerOf(given['received_at']),
    fields: isObject(given['fields']) ? (given['fields'] as Fields) : {},
  } as EventFrame;
}

/** As nearly every one is. */
function isSound(given: Record<string, unknown> | EventFrame): given is EventFrame {
  const { kind, received_at: at, fields } = given;
  return (
    kind === 'event' &&
    typeof at === 'bigint' &&
    isObject(fields) &&
    TEXTS.every((name) => typeof given[name] === 'string')
  );
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** 0, the epoch, for what is no number. */
function integerOf(value: unknown): bigint {
  if (typeof value === 'bigint') return value;
  return typeof value === 'number' && Number.isFinite(value) ? BigInt(Math.trunc(value)) : 0n;
}
