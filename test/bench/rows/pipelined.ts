/**
 * As fast as one producer can with a thousand events open, one subscriber attached: until the last
 * event is acknowledged and delivered.
 */
import type { Bench } from '../bench.js';
import { everything, fanOut } from '../measure.js';
import { addFigure, checkRatio, medianOf, newRow, type Figure, type Row } from '../rows.js';
import { startBroker, type Broker } from '../systems/brokers.js';

const GROUP = 'pipelined';
const HOW = { kind: 'pipelined', perWrite: 100, window: 1000 } as const;
/** JetStream takes that much longer. */
const SLOW_SHARE = 0.25;

export async function pipelined(bench: Bench): Promise<Row[]> {
  const single = newRow(GROUP, 'pipelined, durable, one subscriber', 'events/s');
  const batched = newRow(GROUP, 'the same, 100 events a request', 'events/s');
  await bench.inTurn(['waitbus', 'redis', 'nats'], async (system) => {
    await using broker = await startBroker(system);
    addFigure(single, system, await throughput(bench, broker, 1));
    if (system === 'waitbus') addFigure(batched, system, await throughput(bench, broker, 100));
  });
  checkRatio(single, "Redis's rate", 'at least', 1, medianOf(single, 'redis'));
  return [single, batched];
}

export async function throughput(
  bench: Bench,
  broker: Broker,
  perRequest: number,
): Promise<Figure> {
  const events = bench.plan.pipelined * (broker.system === 'nats' ? SLOW_SHARE : 1);
  const { producer, subscribers } = await fanOut(bench, broker, {
    producing: { warmUp: events / 5, events, perRequest, how: HOW },
    subscribing: { matches: everything(1) },
  });
  const ended = Math.max(producer.acknowledgedNs, subscribers.lastNs);
  const value = events / ((ended - producer.startedNs) / 1e9);
  bench.say(`${broker.system}, ${perRequest} a request: ${value.toFixed(0)} events/s`);
  return { value };
}
