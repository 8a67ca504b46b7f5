/** `waitbus stop`: ends the daemon and waits until it is gone; says who will start it again. */
import { parseArgs } from 'node:util';
import { DaemonConnection, type Frame } from '../client/connection.js';
import { presentIn } from '../client/present.js';
import { isNoDaemon, reach } from '../client/reach.js';
import { EXIT, say } from '../terminal/exit.js';

export async function run(args: readonly string[]): Promise<number> {
  parseArgs({ args: [...args], options: {}, strict: true });
  try {
    const connection = await reach((socket) => DaemonConnection.open(socket), { autostart: false });
    // In one piece: nobody comes or goes in between.
    const requests = connection.requests([{ op: 'status' }, { op: 'stop' }]);
    const [status] = await Promise.all(requests);
    const returning = status === undefined ? '' : returningIn(status);
    await connection.closed;
    say('waitbus: the daemon has stopped');
    if (returning !== '') {
      say(`  ${returning}, and will start it again, unless told not to (--no-autostart)`);
    }
  } catch (error) {
    if (!isNoDaemon(error)) throw error;
    say('waitbus: no daemon was running');
  }
  return EXIT.ok;
}

/** Who comes back to a daemon: those that are blocked, and those that are present under a name. */
function returningIn(status: Frame): string {
  const waits = Number(status['subscribers']);
  const present = presentIn(status).length;
  const counts = [
    ...(waits === 0 ? [] : [waits === 1 ? '1 wait is blocked' : `${waits} waits are blocked`]),
    ...(present === 0
      ? []
      : [present === 1 ? '1 agent is present' : `${present} agents are present`]),
  ];
  return counts.join(', ');
}
