/** Who is attached, by the word of the daemon that runs. */
import type { ReachOptions } from './reach.js';
import { DaemonConnection } from './connection.js';
import { reach } from './reach.js';

export interface Present {
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/** @throws WaitbusError WAITBUS_UNREACHABLE */
export async function present(options: ReachOptions = {}): Promise<readonly Present[]> {
  const connection = await reach((socket) => DaemonConnection.open(socket), options);
  try {
    return presentIn(await connection.request({ op: 'status' }));
  } finally {
    connection.close();
  }
}

/** @param status the answer to a `status` */
export function presentIn(status: Readonly<Record<string, unknown>>): readonly Present[] {
  return (status['present'] ?? []) as readonly Present[];
}
