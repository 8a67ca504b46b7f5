/** `get`: one stored event whole, with its payload. */
import { stringifyJson, WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { ULID } from '../../store/ulid.js';
import { encodeAround } from '../frame.js';
import type { Command } from './context.js';

const NOTHING = Buffer.from('null');

export const get: Command = ({ store }, { connection }, { id, event_id: eventId }) => {
  if (typeof eventId !== 'string' || !ULID.test(eventId)) {
    throw new WaitbusError('WAITBUS_BAD_CURSOR', 'event_id must be 26 characters of base32');
  }
  const event = store.get(eventId);
  if (event === null) {
    throw new WaitbusError('WAITBUS_UNKNOWN_EVENT', `no stored event has the id ${eventId}`);
  }
  // The frame is spliced as it is stored: its payload may be large, and its integers 64-bit.
  const frame = event.frame.toString('utf8').slice(0, -1);
  const { source, ingest_method: method } = (
    JSON.parse(`${frame}}`) as { fields: Record<string, string> }
  ).fields;
  const { payload } = event;
  const head =
    `{"kind":"event_full","id":${stringifyJson(id ?? null)},"event":${frame}` +
    `,"source":${JSON.stringify(source)},"ingest_method":${JSON.stringify(method)},"payload":`;
  const around = encodeAround(head, payload?.length ?? NOTHING.length, '}}');
  connection.write(around.head);
  connection.write(payload ?? NOTHING);
  connection.write(around.tail);
  connection.flush();
};
