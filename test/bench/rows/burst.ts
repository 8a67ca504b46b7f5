/** 5,000 events at once to 64 subscribers: how long until all have all, and what the broker grows. */
import { forgetPeak, peakMiB, residentMiB } from '../../support/process.js';
import type { Bench } from '../bench.js';
import { everything, fanOut } from '../measure.js';
import { addFigure, check, medianOf, newRow, type Row } from '../rows.js';
import { startBroker } from '../systems/brokers.js';

const GROUP = 'burst';
const LIMIT_S = 3;
const LIMIT_MIB = 64;

export async function burst(bench: Bench): Promise<Row[]> {
  const { events, subscribers } = bench.plan.burst;
  const name = `${events} events to ${subscribers} subscribers`;
  const time = newRow(GROUP, `${name}, all delivered`, 's');
  const memory = newRow(GROUP, `${name}, broker's growth`, 'MiB');
  await bench.inTurn(['waitbus', 'redis', 'nats'], async (system) => {
    await using broker = await startBroker(system);
    const idle = residentMiB(broker.pid);
    forgetPeak(broker.pid);
    const report = await fanOut(bench, broker, {
      producing: { events, how: { kind: 'pipelined', perWrite: 100, window: events } },
      subscribing: { matches: everything(subscribers) },
    });
    const seconds = (report.subscribers.lastNs - report.producer.startedNs) / 1e9;
    const grown = peakMiB(broker.pid) - idle;
    bench.say(`${system}: ${seconds.toFixed(2)} s, ${grown.toFixed(1)} MiB`);
    addFigure(time, system, { value: seconds });
    addFigure(memory, system, { value: grown });
  });
  check(time, 'seconds', 'at most', LIMIT_S, medianOf(time, 'waitbus'));
  check(memory, 'MiB over idle', 'at most', LIMIT_MIB, medianOf(memory, 'waitbus'));
  return [time, memory];
}
