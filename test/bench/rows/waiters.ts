/**
 * Cost follows matches, not waiters: a thousand predicates of which one matches, against a single
 * waiter. And two thousand connections in one burst, of which none may be refused.
 */
import type { Bench } from '../bench.js';
import { everything, fanOut } from '../measure.js';
import { addFigure, check, checkRatio, medianOf, newRow, type Row } from '../rows.js';
import { startBroker, type Broker } from '../systems/brokers.js';
import { SLOTS } from '../systems/event.js';
import { wakeUp } from './latency.js';

const GROUP = 'waiters';
const CONNECTIONS = 2000;
const LIMIT_RATIO = 1.3;

export async function waiters(bench: Bench): Promise<Row[]> {
  const single = newRow(GROUP, 'a single waiter', 'us');
  const many = newRow(GROUP, `${SLOTS} waiters, one of which matches`, 'us');
  const burst = newRow(GROUP, `${CONNECTIONS} connections at once, all acknowledged`, 's');
  const predicates = Array.from({ length: SLOTS }, (_, slot) => [`fields.slot=${slot}`]);
  await bench.inTurn(['waitbus'], async (system) => {
    await using broker = await startBroker(system);
    addFigure(single, system, await wakeUp(bench, broker, everything(1)));
    addFigure(many, system, await wakeUp(bench, broker, predicates, 1));
    addFigure(burst, system, { value: await connectAll(bench, broker) });
  });
  const against = medianOf(single, 'waitbus');
  checkRatio(many, 'p50 of a single waiter', 'at most', LIMIT_RATIO, against);
  check(burst, 'refused', 'at most', 0, bench.problems.filter(isRefusal).length);
  return [single, many, burst];
}

const isRefusal = (problem: string) => problem.startsWith(`${GROUP}: `);

/** Seconds until the last is acknowledged; an event must then reach every one. */
async function connectAll(bench: Bench, broker: Broker): Promise<number> {
  const { subscribers } = await fanOut(bench, broker, {
    producing: { events: 1, how: { kind: 'one-by-one' } },
    subscribing: { matches: everything(CONNECTIONS) },
  });
  const seconds = (subscribers.armedNs - subscribers.connectingNs) / 1e9;
  bench.say(`${CONNECTIONS} connections: ${seconds.toFixed(2)} s`);
  return seconds;
}
