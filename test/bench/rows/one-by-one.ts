/** One producer that waits for each acknowledgement before it sends the next event. */
import type { Bench } from '../bench.js';
import { percentilesOf } from '../histogram.js';
import { produce } from '../measure.js';
import { addFigure, check, medianOf, newRow, type Figure, type Row } from '../rows.js';
import { startBroker, type Broker } from '../systems/brokers.js';

const GROUP = 'one-by-one';
/** What the Python waitbus 0.2 reached on one such machine, and how much better is asked for. */
const PYTHON_PER_SECOND = 386;
const TIMES = 15;
/** A sync for each event takes about that much longer. */
const SYNCED_SHARE = 10;

export async function oneByOne(bench: Bench): Promise<Row[]> {
  const row = newRow(GROUP, 'acknowledged one by one', 'events/s');
  const full = newRow(GROUP, 'the same with durability: full', 'events/s');
  await bench.inTurn(['waitbus', 'redis', 'nats', 'floor'], async (system) => {
    await using broker = await startBroker(system);
    addFigure(row, system, await acknowledged(bench, broker));
    if (system !== 'waitbus') return;
    await using safe = await startBroker(system, { config: { durability: 'full' } });
    addFigure(full, system, await acknowledged(bench, safe, bench.plan.oneByOne / SYNCED_SHARE));
  });
  const target = `${TIMES} times the Python waitbus's ${PYTHON_PER_SECOND}/s`;
  check(row, target, 'at least', TIMES, medianOf(row, 'waitbus') / PYTHON_PER_SECOND);
  return [row, full];
}

/** Events a second, and the percentiles of one acknowledgement. */
export async function acknowledged(
  bench: Bench,
  broker: Broker,
  events: number = bench.plan.oneByOne,
): Promise<Figure> {
  const how = { kind: 'one-by-one' } as const;
  const report = await produce(broker, { warmUp: Math.ceil(events / 5), events, how });
  const value = events / ((report.acknowledgedNs - report.startedNs) / 1e9);
  const { p90, p99, max } = percentilesOf(report.histogram ?? '');
  bench.say(`${broker.system}: ${value.toFixed(0)} events/s`);
  return { value, p90, p99, max, histogram: report.histogram ?? '' };
}
