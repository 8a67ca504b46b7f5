/** `attach`: presence under a name, with a last will for a client that dies without a word. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Envelope } from '@waitbus/plugin-sdk/envelope';
import { DaemonConnection } from './connection.js';
import { reach, type ReachOptions } from './reach.js';

export interface Attachment {
  /** Replaces the will, and emits `event` with it if one is given. */
  update(will: Envelope, event?: Envelope): Promise<void>;
  /**
   * Leaves without the will being published, and emits `parting` in that moment if one is given.
   * @returns whether `parting` is stored
   */
  detach(parting?: Envelope): Promise<boolean>;
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
  let current = will;
  let connection = await open(name, current, options);
  let leaving = false;
  const keep = async () => {
    for (;;) {
      await connection.closed;
      if (leaving) return;
      const left = current;
      const again = await open(name, left, options).catch(() => null);
      if (again === null) await pause(RETRY_MS);
      // It may have been left, or have another will, meanwhile.
      else if (leaving) await leave(again);
      else {
        connection = again;
        if (left !== current) void replaceWill(again, name, current).catch(() => undefined);
      }
    }
  };
  void keep();
  return {
    update: async (next, event) => {
      current = next;
      await replaceWill(connection, name, next, event);
    },
    detach: async (parting) => {
      leaving = true;
      if (parting === undefined) {
        await leave(connection);
        return false;
      }
      // In one piece, so that whoever hears of the end finds it absent.
      const [emitted, detached] = connection.requests([
        { op: 'emit', events: [parting] },
        { op: 'detach' },
      ]);
      const stored = await Promise.all([emitted, detached]).then(
        () => true,
        () => false,
      );
      connection.close();
      return stored;
    },
  };
}

/** In one piece: at no moment is there no will. */
async function replaceWill(
  connection: DaemonConnection,
  name: string,
  will: Envelope,
  event?: Envelope,
): Promise<void> {
  const emits = event === undefined ? [] : [{ op: 'emit', events: [event] }];
  await Promise.all(
    connection.requests([...emits, { op: 'detach' }, { op: 'attach', name, will }]),
  );
}

/** Without a daemon there is no will to take back. */
async function leave(connection: DaemonConnection): Promise<void> {
  await connection.request({ op: 'detach' }).catch(() => undefined);
  connection.close();
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
