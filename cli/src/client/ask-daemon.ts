/** One question to a running daemon, for commands that do not start one. */
import type { Paths } from '../paths.js';
import { DaemonConnection, type Frame } from './connection.js';
import { isNoDaemon, reach } from './reach.js';

/**
 * @returns the daemon's answer, or null when none runs
 * @throws WaitbusError the daemon's refusal, or what stands in its place and is not to be spoken to
 */
export async function askDaemon(paths: Paths, request: object): Promise<Frame | null> {
  try {
    const connection = await reach((socket) => DaemonConnection.open(socket), {
      autostart: false,
      paths,
    });
    try {
      return await connection.request(request);
    } finally {
      connection.close();
    }
  } catch (error) {
    if (isNoDaemon(error)) return null;
    throw error;
  }
}
