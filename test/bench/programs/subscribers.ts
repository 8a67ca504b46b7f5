/**
 * The subscribers' process: all of them, each with a connection of its own. Counts what comes, checks
 * its order, and measures from due to delivered.
 */
import { newHistogram, pack } from '../histogram.js';
import { clientOf } from '../systems/clients.js';
import { EventReader, nowNs } from '../systems/event.js';
import { serveParent } from './child.js';
import type { SubscriberJob, SubscriberReport } from './jobs.js';

/** What the subscribers have seen together. */
class Tally {
  readonly #job: SubscriberJob;
  readonly #reader = new EventReader();
  readonly #histogram = newHistogram();
  #delivered = 0;
  #misplaced = 0;
  #lastNs = 0;
  #complete: () => void = () => undefined;
  /** Resolves with the last delivery that is expected. */
  readonly completed = new Promise<void>((resolve) => (this.#complete = resolve));

  constructor(job: SubscriberJob) {
    this.#job = job;
  }

  /** What one subscriber calls with each event. */
  listener(): (bytes: Buffer) => void {
    const { expected, measureFrom, gapless } = this.#job;
    const reader = this.#reader;
    let last = -1;
    return (bytes) => {
      reader.read(bytes);
      const inOrder = gapless && last !== -1 ? reader.n === last + 1 : reader.n > last;
      if (!inOrder) this.#misplaced += 1;
      last = reader.n;
      if (measureFrom !== null && reader.n >= measureFrom) {
        this.#histogram.recordValue(Math.max(0, nowNs() - reader.due));
      }
      this.#delivered += 1;
      if (this.#delivered !== expected) return;
      this.#lastNs = nowNs();
      this.#complete();
    };
  }

  report(connectingNs: number, armedNs: number): SubscriberReport {
    return {
      delivered: this.#delivered,
      misplaced: this.#misplaced,
      connectingNs,
      armedNs,
      lastNs: this.#lastNs,
      histogram: this.#job.measureFrom === null ? null : pack(this.#histogram),
    };
  }
}

serveParent<SubscriberJob, SubscriberReport>(async (job, parent) => {
  const client = await clientOf(job.system);
  const { address, from, matches } = job;
  const tally = new Tally(job);
  const connectingNs = nowNs();
  await Promise.all(
    matches.map((match) => client.subscribe({ address, from, match, onEvent: tally.listener() })),
  );
  const armedNs = nowNs();
  parent.armed();
  await Promise.race([tally.completed, parent.word]);
  parent.report(tally.report(connectingNs, armedNs));
});
