/** `waitbus stop`: ends the daemon and waits until it is gone. */
import { parseArgs } from 'node:util';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { DaemonConnection } from '../client/connection.js';
import { reach } from '../client/reach.js';
import { EXIT, say } from '../terminal/exit.js';

export async function run(args: readonly string[]): Promise<number> {
  parseArgs({ args: [...args], options: {}, strict: true });
  try {
    const connection = await reach((socket) => DaemonConnection.open(socket), { autostart: false });
    await connection.request({ op: 'stop' });
    await connection.closed;
    say('waitbus: the daemon has stopped');
  } catch (error) {
    if (!(error instanceof WaitbusError) || error.code !== 'WAITBUS_UNREACHABLE') throw error;
    say('waitbus: no daemon was running');
  }
  return EXIT.ok;
}
