/** `attach`: presence under a name, with a last will for a client that dies without a word. */
import type { Envelope } from '@waitbus/plugin-sdk/envelope';
import { DaemonConnection } from './connection.js';
import { reach, type ReachOptions } from './reach.js';

export interface Attachment {
  /** Leaves without the will being published. */
  detach(): Promise<void>;
}

/**
 * Attaches this process. When its connection ends without `detach`, because it was killed say, the
 * daemon publishes the will.
 */
export async function attach(
  name: string,
  will: Envelope,
  options: ReachOptions = {},
): Promise<Attachment> {
  const connection = await reach((socket) => DaemonConnection.open(socket), options);
  await connection.request({ op: 'attach', name, will });
  return {
    detach: async () => {
      await connection.request({ op: 'detach' });
      connection.close();
    },
  };
}
