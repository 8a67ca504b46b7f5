/** `attach`: presence under a name, with a last will for a client that dies without a word. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Envelope } from '@waitbus/plugin-sdk/envelope';
import { DaemonConnection } from './connection.js';
import { reach, type ReachOptions } from './reach.js';

export interface Attachment {
  /** Leaves without the will being published. */
  detach(): Promise<void>;
}

const RETRY_MS = 250;

/**
 * Attaches this process, and again after the daemon was restarted. When its connection ends without
 * `detach`, because it was killed say, the daemon publishes the will. Keeps the process alive.
 * @throws WaitbusError when it cannot be attached in the beginning
 */
export async function attach(
  name: string,
  will: Envelope,
  options: ReachOptions = {},
): Promise<Attachment> {
  let connection = await open(name, will, options);
  let leaving = false;
  const keep = async () => {
    for (;;) {
      await connection.closed;
      if (leaving) return;
      const again = await open(name, will, options).catch(() => null);
      if (again !== null) connection = again;
      else await pause(RETRY_MS);
    }
  };
  void keep();
  return {
    detach: async () => {
      leaving = true;
      // Without a daemon there is no will to take back.
      await connection.request({ op: 'detach' }).catch(() => undefined);
      connection.close();
    },
  };
}

async function open(
  name: string,
  will: Envelope,
  options: ReachOptions,
): Promise<DaemonConnection> {
  const connection = await reach((socket) => DaemonConnection.open(socket), options);
  await connection.request({ op: 'attach', name, will });
  return connection;
}
