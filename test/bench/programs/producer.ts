/** The producer's process: makes events and sends them as its job says. */
import { newHistogram, pack } from '../histogram.js';
import type { Producer } from '../systems/client.js';
import { clientOf } from '../systems/clients.js';
import { eventText, nowNs } from '../systems/event.js';
import { serveParent } from './child.js';
import type { ProducerJob, ProducerReport } from './jobs.js';

/** The thread sleeps until this long before an event is due, and spins from there. */
const SPIN_NS = 150_000;

class Sender {
  readonly #job: ProducerJob;
  readonly producer: Producer;
  acknowledged = 0;
  #wake: () => void = () => undefined;
  #wakeAt = Infinity;

  private constructor(job: ProducerJob, producer: Producer) {
    this.#job = job;
    this.producer = producer;
  }

  static async open(job: ProducerJob): Promise<Sender> {
    const client = await clientOf(job.system);
    const onAcknowledged = (events: number) => sender.#onAcknowledged(events);
    const producer = await client.produce({ ...job, onAcknowledged });
    const sender: Sender = new Sender(job, producer);
    return sender;
  }

  send(from: number, count: number, due: number): void {
    const { first } = this.#job;
    this.producer.send(
      Array.from({ length: count }, (_, index) => eventText(first + from + index, due)),
    );
  }

  /** Resolves once this many events are acknowledged in all. */
  until(acknowledged: number): Promise<void> | undefined {
    if (this.acknowledged >= acknowledged) return undefined;
    return new Promise((resolve) => {
      this.#wakeAt = acknowledged;
      this.#wake = resolve;
    });
  }

  #onAcknowledged(events: number): void {
    this.acknowledged += events;
    if (this.acknowledged < this.#wakeAt) return;
    this.#wakeAt = Infinity;
    this.#wake();
  }
}

/**
 * One event at each due moment, late or not. Between two, the loop turns once for what the client
 * has to flush, the thread sleeps, and the loop turns once more for acknowledgements.
 */
async function paced(sender: Sender, events: number, intervalUs: number): Promise<void> {
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  const intervalNs = intervalUs * 1000;
  const started = nowNs() + intervalNs;
  for (let sent = 0; sent < events; sent += 1) {
    const due = started + sent * intervalNs;
    await turn();
    const idle = due - SPIN_NS - nowNs();
    if (idle > 0) Atomics.wait(sleeper, 0, 0, idle / 1e6);
    await turn();
    while (nowNs() < due);
    sender.send(sent, 1, due);
  }
}

async function pipelined(
  sender: Sender,
  events: number,
  { perWrite, window }: { readonly perWrite: number; readonly window: number },
): Promise<void> {
  for (let sent = 0; sent < events; sent += perWrite) {
    const room = sender.until(sent + perWrite - window);
    if (room !== undefined) await room;
    sender.send(sent, Math.min(perWrite, events - sent), nowNs());
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

serveParent<ProducerJob, ProducerReport>(async (job, parent) => {
  const sender = await Sender.open(job);
  const { events, how } = job;
  parent.armed();
  await parent.word;
  const histogram = newHistogram();
  const startedNs = nowNs();
  if (how.kind === 'paced') await paced(sender, events, how.intervalUs);
  else if (how.kind === 'pipelined') await pipelined(sender, events, how);
  else {
    for (let sent = 0; sent < events; sent += 1) {
      const sentNs = nowNs();
      sender.send(sent, 1, sentNs);
      await sender.until(sent + 1);
      histogram.recordValue(nowNs() - sentNs);
    }
  }
  await sender.until(events);
  const acknowledgedNs = nowNs();
  parent.report({
    startedNs,
    acknowledgedNs,
    histogram: how.kind === 'one-by-one' ? pack(histogram) : null,
  });
});
