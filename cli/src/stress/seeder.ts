/** The one who begins the rounds of a run, over one connection that it keeps; and who reads the log. */
import type { Envelope } from '@waitbus/plugin-sdk/envelope';
import { setTimeout as pause } from 'node:timers/promises';
import { DaemonConnection } from '../client/connection.js';
import { emitOver } from '../client/emit.js';
import { stream } from '../client/stream.js';
import type { Paths } from '../paths.js';
import type { Logged } from './invariants.js';
import { matchOf } from './swarm.js';

const ASK_MS = 10;

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
    return String((await this.#connection.request({ op: 'status' }))['head']);
  }

  /** Waits until so many subscribers are blocked: nobody is on its way back to a wait any more. */
  async untilBlocked(count: number, limitMs: number, signal?: AbortSignal): Promise<boolean> {
    const deadline = performance.now() + limitMs;
    for (;;) {
      const { subscribers } = await this.#connection.request({ op: 'status' });
      if (Number(subscribers) >= count) return true;
      if (signal?.aborted === true || performance.now() > deadline) return false;
      await pause(ASK_MS);
    }
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
        from: String(fields['msg_from']),
        phase: String(fields['swarm_phase'] ?? ''),
        round: Number(fields['swarm_round'] ?? 0),
      });
    }
    return logged;
  }

  close(): void {
    this.#connection.close();
  }
}
