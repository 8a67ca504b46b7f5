/** The one who begins the rounds of a run, over one connection that it keeps; and who reads the log. */
import type { Envelope } from '@waitbus/plugin-sdk/envelope';
import { DaemonConnection } from '../client/connection.js';
import { emitOver } from '../client/emit.js';
import { stream } from '../client/stream.js';
import type { Paths } from '../paths.js';
import type { Logged } from './invariants.js';
import { matchOf } from './swarm.js';

/** The cursor before the first event. */
const BEFORE_ALL = '0'.repeat(26);

export class Seeder {
  readonly #connection: DaemonConnection;
  readonly #paths: Paths;

  private constructor(connection: DaemonConnection, paths: Paths) {
    this.#connection = connection;
    this.#paths = paths;
  }

  static async connect(paths: Paths): Promise<Seeder> {
    return new Seeder(await DaemonConnection.open(paths.socket), paths);
  }

  /** @param event made of the instant at which it is sent */
  async emit(event: (sent: bigint) => Envelope): Promise<void> {
    await emitOver(this.#connection, [event(process.hrtime.bigint())]);
  }

  async head(): Promise<string> {
    const { head } = await this.#connection.request({ op: 'status' });
    return typeof head === 'string' ? head : BEFORE_ALL;
  }

  /** @returns how many subscribers are blocked at this moment */
  async subscribers(): Promise<number> {
    return Number((await this.#connection.request({ op: 'status' }))['subscribers']);
  }

  /** Every event of a run that the log has, in its order. */
  async log(run: string): Promise<Logged[]> {
    const logged: Logged[] = [];
    const options = { paths: this.#paths, autostart: false };
    const request = { sources: ['agent'], match: matchOf(run), since: 'start' };
    for await (const frame of stream(request, options)) {
      if (frame.kind === 'caught_up') break;
      if (frame.kind !== 'event') continue;
      const { fields } = frame;
      logged.push({
        id: frame.event_id,
        type: frame.event_type,
        from: textOf(fields['msg_from']),
        phase: textOf(fields['swarm_phase']),
        round: Number(fields['swarm_round'] ?? 0),
      });
    }
    return logged;
  }

  close(): void {
    this.#connection.close();
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
