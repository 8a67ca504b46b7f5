/**
 * The steady load of a soak, in laps: each lap has programs of its own and ends with the checker's
 * word on it, so that the ledgers of a day do not pile up.
 */
import assert from 'node:assert/strict';
import type { Program } from './program.js';
import type { Checked } from './checked.js';
import type { Stage } from './stage.js';

/** How often the resuming ones drop their connections, and a `wait` begins, in events. */
const EVENTS_BETWEEN = 300;

export class Lap {
  readonly #stage: Stage;
  readonly #name: string;
  readonly #steady: Program;
  readonly #resuming: Program;
  #ending = false;
  #waits = 0;
  readonly #busy: Promise<unknown>;

  private constructor(stage: Stage, name: string, steady: Program, resuming: Program) {
    this.#stage = stage;
    this.#name = name;
    this.#steady = steady;
    this.#resuming = resuming;
    this.#busy = Promise.all([this.#reconnect(), this.#wait()]);
    // Waited for at the end; until then it must not be taken for unhandled.
    this.#busy.catch(() => undefined);
  }

  static async begin(stage: Stage, number: number): Promise<Lap> {
    const name = `lap${number}`;
    await stage.subscriber(`${name}-live`);
    await stage.subscriber(`${name}-slow`, { restMs: 20 });
    await stage.subscriber(`${name}-replaying`, { since: stage.since, restMs: 5 });
    await stage.subscriber(`${name}-choosy`, {
      copies: 50,
      anyOf: [['fields.bucket=%'], ['fields.n>=100', 'fields.bucket=7']],
    });
    const resuming = await stage.subscriber(`${name}-resuming`, {
      copies: 20,
      freshEvery: 5,
      anyOf: [['fields.bucket=%'], ['fields.unit>=0']],
    });
    const steady = stage.producer(`${name}-steady`, { everyMs: 20, largeEvery: 1000 });
    stage.producer(`${name}-batches`, { everyMs: 200, unit: 10 });
    await steady.says('acked');
    return new Lap(stage, name, steady, resuming);
  }

  /** Events of this lap that were acknowledged to its steady producer. */
  get acknowledged(): number {
    return this.#steady.said('acked');
  }

  get waits(): number {
    return this.#waits;
  }

  /** Ends the lap in order; rejects when the checker finds something wrong with it. */
  async end(): Promise<Checked> {
    this.#ending = true;
    await this.#busy;
    return this.#stage.turnPage();
  }

  async #reconnect(): Promise<void> {
    for (let round = 2; !this.#ending; round += 1) {
      await this.#more();
      this.#resuming.tell('reconnect');
      await this.#resuming.says('ready', round);
    }
  }

  /** Commands that wait for events that come soon, one after the other. */
  async #wait(): Promise<void> {
    while (!this.#ending) {
      await this.#more();
      const bucket = this.#stage.random(100);
      const predicates = [`fields.producer="${this.#name}-steady"`, `fields.bucket=${bucket}`];
      const matches = predicates.flatMap((predicate) => ['--match', predicate]);
      const { code, stderr } = await this.#stage.box.run(['wait', ...matches, '--timeout', '10m']);
      assert.equal(code, 0, stderr);
      this.#waits += 1;
    }
  }

  #more(): Promise<number> {
    const most = EVENTS_BETWEEN / 2 + this.#stage.random(EVENTS_BETWEEN);
    return this.#steady.says('acked', this.#steady.said('acked') + most);
  }
}
