/**
 * One measurement with all three kinds of process: subscribers arm, the producer begins, and both
 * report. What was lost or out of order is a problem of the run, never only a number.
 */
import type { Bench } from './bench.js';
import { Program } from './program.js';
import type {
  ProducerJob,
  ProducerReport,
  SubscriberJob,
  SubscriberReport,
} from './programs/jobs.js';
import type { Broker } from './systems/brokers.js';

/** Longer than this after the last acknowledgement, what did not come is lost. */
const LOST_AFTER_MS = 60_000;

type Producing = Pick<ProducerJob, 'events' | 'how'> & Partial<ProducerJob>;
type Subscribing = Partial<SubscriberJob>;

export interface FanOut {
  readonly producing: Producing;
  readonly subscribing: Subscribing & Pick<SubscriberJob, 'matches'>;
  /** How many times each event is delivered; by default once to each subscriber. */
  readonly copies?: number;
}

export interface FanOutReport {
  readonly producer: ProducerReport;
  readonly subscribers: SubscriberReport;
}

/** Subscribers without a predicate. */
export function everything(count: number): string[][] {
  return Array.from({ length: count }, () => []);
}

export async function fanOut(bench: Bench, broker: Broker, work: FanOut): Promise<FanOutReport> {
  const { producing, subscribing } = work;
  const sent = (producing.warmUp ?? 0) + producing.events;
  const expected = sent * (work.copies ?? subscribing.matches.length);
  await using subscribers = new Program(
    'subscribers',
    subscriberJob(broker, { expected, ...subscribing }),
  );
  await using producer = new Program('producer', producerJob(broker, producing));
  await Promise.all([subscribers.armed, producer.armed]);
  producer.giveWord();
  const produced = await producer.report;
  const seen = await reportOf(subscribers);
  bench.verify(broker.system, seen, expected);
  return { producer: produced, subscribers: seen };
}

/** Only a producer. */
export async function produce(broker: Broker, producing: Producing): Promise<ProducerReport> {
  await using producer = new Program('producer', producerJob(broker, producing));
  await producer.armed;
  producer.giveWord();
  return await producer.report;
}

/** Only subscribers, to what is stored already. */
export async function readBack(
  bench: Bench,
  broker: Broker,
  subscribing: Subscribing & Pick<SubscriberJob, 'matches' | 'expected'>,
): Promise<SubscriberReport> {
  await using subscribers = new Program(
    'subscribers',
    subscriberJob(broker, { from: 'start', ...subscribing }),
  );
  await subscribers.armed;
  const seen = await reportOf(subscribers);
  bench.verify(broker.system, seen, subscribing.expected);
  return seen;
}

async function reportOf(subscribers: Program<'subscribers'>): Promise<SubscriberReport> {
  const timer = setTimeout(() => subscribers.giveWord(), LOST_AFTER_MS);
  try {
    return await subscribers.report;
  } finally {
    clearTimeout(timer);
  }
}

function producerJob({ system, address }: Broker, producing: Producing): ProducerJob {
  return { system, address, warmUp: 0, perRequest: 1, ...producing };
}

function subscriberJob(
  { system, address }: Broker,
  subscribing: Subscribing & Pick<SubscriberJob, 'matches' | 'expected'>,
): SubscriberJob {
  return { system, address, from: 'now', measureFrom: null, gapless: true, ...subscribing };
}
