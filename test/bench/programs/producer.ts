/** The producer's process: makes events and sends them as its job says. */
import type { Histogram } from 'hdr-histogram-js';
import { newHistogram, pack } from '../histogram.js';
import type { Producer } from '../systems/client.js';
import { clientOf } from '../systems/clients.js';
import { eventText, nowNs } from '../systems/event.js';
import { serveParent } from './child.js';
import type { ProducerJob, ProducerReport } from './jobs.js';

/** The thread sleeps until this long before an event is due, and spins from there. */
const SPIN_NS = 150_000;

class Sender {
  readonly #producer: Producer;
  #acknowledged = 0;
  #wake: () => void = () => undefined;
  #wakeAt = Infinity;

  private constructor(producer: Producer) {
    this.#producer = producer;
  }

  static async open(job: ProducerJob): Promise<Sender> {
    const client = await clientOf(job.system);
    const onAcknowledged = (events: number) => sender.#onAcknowledged(events);
    const producer = await client.produce({ ...job, onAcknowledged });
    const sender: Sender = new Sender(producer);
    return sender;
  }

  send(from: number, count: number, due: number): void {
    this.#producer.send(Array.from({ length: count }, (_, index) => eventText(from + index, due)));
  }

  /** Resolves once this many events are acknowledged in all. */
  until(acknowledged: number): Promise<void> | undefined {
    if (this.#acknowledged >= acknowledged) return undefined;
    return new Promise((resolve) => {
      this.#wakeAt = acknowledged;
      this.#wake = resolve;
    });
  }

  #onAcknowledged(events: number): void {
    this.#acknowledged += events;
    if (this.#acknowledged < this.#wakeAt) return;
    this.#wakeAt = Infinity;
    this.#wake();
  }
}

/**
 * One event at each due moment, late or not. Between two, the loop turns once for what the client
 * has to flush, the thread sleeps, and the loop turns once more for acknowledgements.
 */
async function paced(sender: Sender, from: number, to: number, intervalUs: number): Promise<void> {
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  const intervalNs = intervalUs * 1000;
  const started = nowNs() + intervalNs;
  for (let sent = from; sent < to; sent += 1) {
    const due = started + (sent - from) * intervalNs;
    await turn();
    const idle = due - SPIN_NS - nowNs();
    if (idle > 0) Atomics.wait(sleeper, 0, 0, idle / 1e6);
    await turn();
    while (nowNs() < due);
    sender.send(sent, 1, due);
  }
}

async function oneByOne(sender: Sender, from: number, to: number, histogram: Histogram) {
  for (let sent = from; sent < to; sent += 1) {
    const sentNs = nowNs();
    sender.send(sent, 1, sentNs);
    await sender.until(sent + 1);
    histogram.recordValue(nowNs() - sentNs);
  }
}

async function pipelined(
  sender: Sender,
  from: number,
  to: number,
  { perWrite, window }: { readonly perWrite: number; readonly window: number },
): Promise<void> {
  for (let sent = from; sent < to; sent += perWrite) {
    const room = sender.until(sent + perWrite - window);
    if (room !== undefined) await room;
    sender.send(sent, Math.min(perWrite, to - sent), nowNs());
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Sends events `from` to `to` and resolves when all are acknowledged. */
async function run(
  sender: Sender,
  from: number,
  to: number,
  how: ProducerJob['how'],
): Promise<Histogram> {
  const histogram = newHistogram();
  if (how.kind === 'paced') await paced(sender, from, to, how.intervalUs);
  else if (how.kind === 'pipelined') await pipelined(sender, from, to, how);
  else await oneByOne(sender, from, to, histogram);
  await sender.until(to);
  return histogram;
}

serveParent<ProducerJob, ProducerReport>(async (job, parent) => {
  const sender = await Sender.open(job);
  const { warmUp, events, how } = job;
  parent.armed();
  await parent.word;
  await run(sender, 0, warmUp, how);
  const startedNs = nowNs();
  const histogram = await run(sender, warmUp, warmUp + events, how);
  parent.report({
    startedNs,
    acknowledgedNs: nowNs(),
    histogram: how.kind === 'one-by-one' ? pack(histogram) : null,
  });
});
