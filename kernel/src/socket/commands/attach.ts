/** `attach` and `detach`: presence under a name, with a last will for when the client cannot speak. */
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import type { Command } from './context.js';

const MAX_NAME_BYTES = 256;

export const attach: Command = ({ checkEvent, now }, session, { id, name, will }) => {
  if (session.attachment !== null) {
    throw new WaitbusError(
      'WAITBUS_ALREADY_ATTACHED',
      `this connection is attached as ${session.attachment.name}`,
    );
  }
  if (typeof name !== 'string' || name === '' || Buffer.byteLength(name) > MAX_NAME_BYTES) {
    throw new WaitbusError(
      'WAITBUS_BAD_REQUEST',
      `name must be 1 to ${MAX_NAME_BYTES} bytes of text`,
    );
  }
  session.attachment = {
    name,
    since: now(),
    will: will === undefined ? null : checkEvent(will),
  };
  session.connection.send({ kind: 'attached', id: id ?? null });
};

export const detach: Command = (_context, session, { id }) => {
  session.attachment = null;
  session.connection.send({ kind: 'detached', id: id ?? null });
};
