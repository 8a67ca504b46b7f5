/**
 * From a checked event to what is stored and sent: its frame, encoded once. The bytes made here
 * are the bytes that every subscriber gets, live or replayed.
 */
import {
  parseFrameText,
  stringifyJson,
  WaitbusError,
  type CheckedEvent,
} from '@waitbus/plugin-sdk/envelope';
import type { Subject } from '../predicate/index.js';

/** The largest frame that the daemon sends to a subscriber, in bytes (protocol 1). */
export const MAX_FRAME_BYTES = 65_536;
/** With the largest payload, the answer to `get` stays within its cap. */
const MAX_STORED_BYTES = 5 * 1024 * 1024;
const PREFIX_BYTES = 4;

/** An event that is in the log. */
export interface CommittedEvent {
  readonly seq: number;
  readonly eventId: string;
  /** What predicates are tested on: the frame as an object. */
  readonly subject: Subject;
  /** The frame for subscribers, length prefix included; never over the cap. */
  readonly wire: Buffer;
}

export interface EncodedEvent {
  readonly subject: Subject;
  /** The frame's JSON, whatever its size. */
  readonly frame: Buffer;
  readonly wire: Buffer;
}

/** Encodes an event under its id. `now` in nanoseconds since the epoch. */
export function encodeEvent(event: CheckedEvent, eventId: string, now: bigint): EncodedEvent {
  const subject = {
    kind: 'event',
    event_id: eventId,
    event_type: event.event_type,
    owner: event.owner,
    repo: event.repo,
    received_at: event.received_at ?? now,
    delivery_id: event.delivery_id ?? eventId,
    summary: event.summary,
    fields: {
      ...event.fields,
      source: event.source,
      event_type: event.event_type,
      owner: event.owner,
      repo: event.repo,
      ingest_method: event.ingest_method,
    },
  };
  // Spliced, because received_at has more digits than JSON.stringify can write.
  const text =
    `{"kind":"event","event_id":"${eventId}","event_type":"${subject.event_type}"` +
    `,"owner":${JSON.stringify(subject.owner)},"repo":${JSON.stringify(subject.repo)}` +
    `,"received_at":${subject.received_at},"delivery_id":${JSON.stringify(subject.delivery_id)}` +
    `,"summary":${JSON.stringify(subject.summary)},"fields":${stringifyJson(subject.fields)}}`;
  const wire = withPrefix(text);
  if (wire.length > MAX_STORED_BYTES) {
    throw new WaitbusError('WAITBUS_BAD_EVENT', `fields take over ${MAX_STORED_BYTES} bytes`);
  }
  const frame = wire.subarray(PREFIX_BYTES);
  return { subject, frame, wire: wireOf(subject, frame, wire) };
}

/** The subscriber's bytes of a stored frame, copied as they are. */
export function wireFromStored(frame: Buffer): Buffer {
  if (frame.length > MAX_FRAME_BYTES) return truncated(subjectFromStored(frame));
  const wire = Buffer.allocUnsafe(PREFIX_BYTES + frame.length);
  wire.writeUInt32BE(frame.length, 0);
  frame.copy(wire, PREFIX_BYTES);
  return wire;
}

export function subjectFromStored(frame: Buffer): Subject {
  return parseFrameText(frame.toString('utf8')) as Subject;
}

function wireOf(subject: Subject, frame: Buffer, wire: Buffer): Buffer {
  return frame.length > MAX_FRAME_BYTES ? truncated(subject) : wire;
}

/** Stands for an event over the cap; the whole row is had with `get`. */
function truncated(subject: Subject): Buffer {
  const correlation = (subject['fields'] as Subject)['msg_correlation_id'];
  return withPrefix(
    JSON.stringify({
      kind: 'truncated',
      event_id: subject['event_id'],
      reason: 'frame_too_large',
      max_frame_bytes: MAX_FRAME_BYTES,
      correlation_id:
        typeof correlation === 'string' && correlation.length <= 512 ? correlation : null,
    }),
  );
}

function withPrefix(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const wire = Buffer.allocUnsafe(PREFIX_BYTES + length);
  wire.writeUInt32BE(length, 0);
  wire.write(text, PREFIX_BYTES);
  return wire;
}
