/** Wake-up latency, open loop, against the number of subscribers that all match. */
import type { Bench } from '../bench.js';
import { percentilesOf } from '../histogram.js';
import { everything, fanOut } from '../measure.js';
import type { SubscriberReport } from '../programs/jobs.js';
import {
  addFigure,
  bestPeer,
  checkRatio,
  medianOf,
  newRow,
  type Figure,
  type Row,
} from '../rows.js';
import { startBroker, type Broker } from '../systems/brokers.js';
import { SYSTEMS, type SystemName } from '../systems/clients.js';

const GROUP = 'latency';
export const COUNTS = [1, 16, 64, 256];
const INTERVAL_US = 2000;

export async function latency(bench: Bench): Promise<Row[]> {
  const rows = COUNTS.map((count) => newRow(GROUP, `wake-up, subscribers: ${count}`, 'us'));
  await bench.inTurn(SYSTEMS, async (system) => {
    await using broker = await startBroker(system);
    for (const [index, count] of COUNTS.entries()) {
      const figure = await wakeUp(bench, broker, everything(count));
      addFigure(rows[index] as Row, system, figure);
    }
  });
  rows.forEach((row, index) => hold(row, COUNTS[index] ?? 0));
  return rows;
}

/** Paced events to these subscribers: p50 and more, in microseconds. */
export async function wakeUp(
  bench: Bench,
  broker: Broker,
  matches: readonly (readonly string[])[],
  copies: number = matches.length,
): Promise<Figure> {
  const { warmUp, events } = bench.plan.latency;
  const { subscribers } = await fanOut(bench, broker, {
    producing: { warmUp, events, how: { kind: 'paced', intervalUs: INTERVAL_US } },
    subscribing: { matches, measureFrom: warmUp, gapless: copies === matches.length },
    copies,
  });
  return latencyFigure(bench, broker.system, subscribers, matches.length);
}

function latencyFigure(
  bench: Bench,
  system: SystemName,
  { histogram }: SubscriberReport,
  subscribers: number,
): Figure {
  const { p50, p90, p99, max } = percentilesOf(histogram ?? '');
  bench.say(
    `${system}, ${subscribers} subscribers: p50 ${p50.toFixed(0)} us, p99 ${p99.toFixed(0)}`,
  );
  return { value: p50, p90, p99, max, histogram: histogram ?? '' };
}

function hold(row: Row, subscribers: number): void {
  if (subscribers === 1) {
    checkRatio(row, 'p50 of Redis', 'at most', 0.9, medianOf(row, 'redis'));
    checkRatio(row, 'p50 of the floor', 'at most', 1.5, medianOf(row, 'floor'));
  }
  if (subscribers === 64) checkRatio(row, 'p50 of the best peer', 'at most', 0.4, bestPeer(row));
  if (subscribers === 256) checkRatio(row, 'p50 of the best peer', 'at most', 0.15, bestPeer(row));
  const p99 = medianOf(row, 'waitbus', 'p99');
  checkRatio(row, 'p99 of the best peer', 'at most', 1, bestPeer(row, 'p99'), p99);
}
