/** `hold`, `release`, `holds`: exclusive keys that are held by a connection, and let go with it. */
import { isObject, stringifyJson, WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { errorFrame, type Request } from '../connection.js';
import type { Command } from './context.js';

const MAX_TOKEN_BYTES = 128;
const MAX_KEY_BYTES = 4096;
const MAX_DATA_BYTES = 4096;
/** It is kept in the journal, which is written anew with each grant. */
const MAX_WILL_BYTES = 16 * 1024;

export const hold: Command = ({ holds, checkEvent }, { connection }, request) => {
  const { id, wait = false, resume = false, data = null, will, granted } = request;
  if (typeof wait !== 'boolean' || typeof resume !== 'boolean') {
    throw bad('wait and resume must be true or false');
  }
  if (data !== null && !isObject(data)) throw bad('data must be an object');
  if (Buffer.byteLength(stringifyJson(data)) > MAX_DATA_BYTES) {
    throw bad(`data may have ${MAX_DATA_BYTES} bytes`);
  }
  if (will !== undefined) checkEvent(will);
  if (Buffer.byteLength(stringifyJson(will ?? null)) > MAX_WILL_BYTES) {
    throw bad(`will may have ${MAX_WILL_BYTES} bytes`);
  }
  const wanted = {
    token: text(request, 'token', MAX_TOKEN_BYTES),
    key: text(request, 'key', MAX_KEY_BYTES),
    mayWait: wait,
    resume,
    granted: granted === undefined ? null : checkEvent(granted),
    will: will ?? null,
    data,
  };
  // Not an answer that is owed: who waits and has ended its side is gone.
  holds.request(connection, wanted, (answer) => {
    connection.send(
      answer instanceof WaitbusError ? errorFrame(id, answer) : { ...answer, id: id ?? null },
    );
  });
};

export const release: Command = ({ holds, checkEvent }, { connection }, request) => {
  const { id, event } = request;
  const token = text(request, 'token', MAX_TOKEN_BYTES);
  const parting = event === undefined ? null : checkEvent(event);
  const released = holds.release(connection, token, parting);
  connection.send({ kind: 'released', id: id ?? null, released });
};

export const holds: Command = (context, { connection }, { id }) => {
  connection.send({ kind: 'holds', id: id ?? null, holds: context.holds.list() });
};

function text(request: Request, member: string, maxBytes: number): string {
  const value = request[member];
  if (typeof value !== 'string' || value === '' || Buffer.byteLength(value) > maxBytes) {
    throw bad(`${member} must be 1 to ${maxBytes} bytes of text`);
  }
  return value;
}

function bad(message: string): WaitbusError {
  return new WaitbusError('WAITBUS_BAD_REQUEST', message);
}
