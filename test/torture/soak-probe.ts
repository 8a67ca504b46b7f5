/**
 * What a soak measures: the daemon's memory, descriptors and WAL, and how long an event takes from
 * the request that emits it to the subscriber that waits for it.
 */
import { appendFileSync, readdirSync, statSync } from 'node:fs';
import { residentMiB } from '../support/process.js';
import { WireClient, type Frame } from '../support/wire.js';
import { median } from './slope.js';
import type { Stage } from './stage.js';

export interface Reading {
  readonly seconds: number;
  readonly rssMiB: number;
  readonly descriptors: number;
  readonly walMiB: number;
  readonly wakeUpMs: number;
}

export type Measure = Exclude<keyof Reading, 'seconds'>;

const PROBES = 25;
const MIB = 1024 * 1024;

export class Probe {
  readonly #stage: Stage;
  readonly #name: string;
  readonly #producer: WireClient;
  readonly #subscriber: WireClient;
  #sent = 0;

  private constructor(stage: Stage, name: string, producer: WireClient, subscriber: WireClient) {
    this.#stage = stage;
    this.#name = name;
    this.#producer = producer;
    this.#subscriber = subscriber;
  }

  static async open(stage: Stage, name: string): Promise<Probe> {
    const { socket } = stage.box.paths;
    const subscriber = await WireClient.open(socket);
    await subscriber.request({ match: [`fields.producer="${name}"`] });
    return new Probe(stage, name, await WireClient.open(socket), subscriber);
  }

  async read(seconds: number): Promise<Reading> {
    const pid = this.#stage.daemonPid;
    const took: number[] = [];
    for (let probe = 0; probe < PROBES; probe += 1) took.push(await this.#wakeUp());
    const wal = statSync(`${this.#stage.box.paths.store}-wal`, { throwIfNoEntry: false });
    return {
      seconds,
      rssMiB: residentMiB(pid),
      descriptors: readdirSync(`/proc/${pid}/fd`).length,
      walMiB: (wal?.size ?? 0) / MIB,
      wakeUpMs: median(took.sort((left, right) => left - right)),
    };
  }

  close(): void {
    this.#producer.close();
    this.#subscriber.close();
  }

  /** Milliseconds from request to event. What came before, heartbeats say, is passed over. */
  async #wakeUp(): Promise<number> {
    const n = this.#sent;
    this.#sent += 1;
    this.#note(`sent ${this.#sent}`);
    const fields = { producer: this.#name, n, bucket: n % 100 };
    const began = performance.now();
    const acknowledged = this.#producer.request({
      op: 'emit',
      events: [{ source: 'agent', event_type: 'agent_note', fields }],
    });
    let frame: Frame = {};
    while (frame['kind'] !== 'event') frame = await this.#subscriber.next();
    const took = performance.now() - began;
    await acknowledged;
    this.#note(`ack ${n} ${String(frame['event_id'])}`);
    return took;
  }

  #note(line: string): void {
    appendFileSync(this.#stage.ledger(this.#name, 'producer'), `${this.#name} ${line}\n`);
  }
}
