/** A store that is full already must be as fast as an empty one: the two in turn, on the same work. */
import { WireClient } from '../../support/wire.js';
import type { Bench } from '../bench.js';
import { everything } from '../measure.js';
import { addFigure, checkRatio, medianOf, newRow, type Figure, type Row } from '../rows.js';
import { startBroker, type Broker } from '../systems/brokers.js';
import { wakeUp } from './latency.js';
import { acknowledged } from './one-by-one.js';
import { throughput } from './pipelined.js';
import { fill, readAll, readMatching } from './replay.js';

const GROUP = 'million';
const EMPTY = 'an empty store';
/** At most a tenth worse. */
const MOST = 1.1;
const LEAST = 0.9;

/** What is measured on a store: as many figures as rows. */
interface Work {
  readonly rows: readonly Row[];
  readonly run: (broker: Broker) => Promise<Figure[]>;
}

export async function million(bench: Bench): Promise<Row[]> {
  const works = worksOf(bench);
  const { stored } = bench.plan;
  await using full = await startBroker('waitbus');
  bench.say(`storing ${stored} events`);
  await fill(full, stored);
  await bench.inTurn(['waitbus'], async (_, round) => {
    await using empty = await startBroker('waitbus');
    for (const { rows, run } of works) {
      for (const broker of round % 2 === 0 ? [full, empty] : [empty, full]) {
        bench.say(broker === full ? `${stored} events stored` : EMPTY);
        const figures = await run(broker);
        rows.forEach((row, index) => {
          const figure = figures[index];
          if (figure !== undefined) addFigure(row, broker === full ? 'waitbus' : 'floor', figure);
        });
      }
    }
  });
  const rows = works.flatMap((work) => work.rows);
  rows.forEach(hold);
  return rows;
}

function worksOf(bench: Bench): Work[] {
  const { stored, replay } = bench.plan;
  const row = (what: string, unit: Row['unit']) =>
    newRow(GROUP, `${stored.toLocaleString('en-US')} stored: ${what}`, unit, EMPTY);
  return [
    {
      rows: [row('1 subscriber', 'us')],
      run: async (broker) => [await wakeUp(bench, broker, everything(1))],
    },
    {
      rows: [row('64 subscribers', 'us')],
      run: async (broker) => [await wakeUp(bench, broker, everything(64))],
    },
    {
      rows: [row('acknowledged one by one', 'events/s')],
      run: async (broker) => [await acknowledged(bench, broker)],
    },
    {
      rows: [row('pipelined', 'events/s')],
      run: async (broker) => [await throughput(bench, broker, 1)],
    },
    {
      rows: [row(`replay of ${replay} more`, 'events/s'), row('those that match', 's')],
      run: async (broker) => {
        const from = await headOf(broker);
        await fill(broker, replay);
        return [
          await readAll(bench, broker, replay, from),
          await readMatching(bench, broker, 'fields.slot=7', replay, from),
        ];
      },
    },
  ];
}

/** A rate must not fall, a time must not rise; latency by its p50. */
function hold(row: Row): void {
  const empty = medianOf(row, 'floor');
  if (row.unit !== 'events/s') checkRatio(row, 'an empty store', 'at most', MOST, empty);
  else checkRatio(row, 'the rate of an empty store', 'at least', LEAST, empty);
}

async function headOf(broker: Broker): Promise<string> {
  const client = await WireClient.open(broker.address);
  const { head } = await client.request({ op: 'status' });
  client.close();
  return typeof head === 'string' ? head : 'start';
}
