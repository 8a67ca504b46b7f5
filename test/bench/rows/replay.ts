/** What is stored, to one subscriber that comes later: all of it, and the few that match. */
import type { Bench } from '../bench.js';
import { produce, readBack } from '../measure.js';
import { addFigure, check, medianOf, newRow, type Figure, type Row } from '../rows.js';
import { startBroker, type Broker } from '../systems/brokers.js';
import { SLOTS } from '../systems/event.js';

const GROUP = 'replay';
const LIMIT_PER_SECOND = 150_000;
const LIMIT_S = 0.5;

export async function replay(bench: Bench): Promise<Row[]> {
  const events = bench.plan.replay;
  const all = newRow(GROUP, `replay of ${events} events`, 'events/s');
  const some = `of ${events}, those ${events / SLOTS} with`;
  const byField = newRow(GROUP, `${some} fields.slot=7`, 's');
  const byName = newRow(GROUP, `${some} fields.msg_to="worker-7"`, 's');
  await bench.inTurn(['waitbus', 'redis', 'nats'], async (system) => {
    await using broker = await startBroker(system);
    await fill(broker, events);
    addFigure(all, system, await readAll(bench, broker, events));
    if (system !== 'waitbus') return;
    addFigure(byField, system, await readMatching(bench, broker, 'fields.slot=7', events));
    const name = 'fields.msg_to="worker-7"';
    addFigure(byName, system, await readMatching(bench, broker, name, events));
  });
  check(all, 'events/s', 'at least', LIMIT_PER_SECOND, medianOf(all, 'waitbus'));
  for (const row of [byField, byName]) {
    check(row, 'seconds', 'at most', LIMIT_S, medianOf(row, 'waitbus'));
  }
  return [all, byField, byName];
}

/** Stores events as fast as the system takes them. */
export async function fill(broker: Broker, events: number): Promise<void> {
  const perRequest = broker.system === 'waitbus' ? 1000 : 1;
  const how = { kind: 'pipelined', perWrite: 1000, window: 4000 } as const;
  await produce(broker, { events, perRequest, how });
}

/** Events a second, from connecting to the last. */
export async function readAll(
  bench: Bench,
  broker: Broker,
  events: number,
  from = 'start',
): Promise<Figure> {
  const report = await readBack(bench, broker, { matches: [[]], expected: events, from });
  const value = events / ((report.lastNs - report.connectingNs) / 1e9);
  bench.say(`${broker.system}: ${value.toFixed(0)} events/s`);
  return { value };
}

/** Seconds, from connecting to the last event of one slot. */
export async function readMatching(
  bench: Bench,
  broker: Broker,
  predicate: string,
  events: number,
  from = 'start',
): Promise<Figure> {
  const report = await readBack(bench, broker, {
    matches: [[predicate]],
    expected: events / SLOTS,
    gapless: false,
    from,
  });
  const value = (report.lastNs - report.connectingNs) / 1e9;
  bench.say(`${predicate}: ${value.toFixed(3)} s`);
  return { value };
}
