/**
 * A source that misbehaves must not cost a wake-up more than the CPU that it takes: latency beside
 * an idle source, beside a burner that has nothing to do with waitbus, and beside sources that burn,
 * leak and flood.
 */
import { Workspace } from '../../host/installation.js';
import { Sandbox } from '../../support/sandbox.js';
import { WireClient } from '../../support/wire.js';
import type { Bench } from '../bench.js';
import { enter, forget } from '../life.js';
import { addFigure, checkRatio, medianOf, newRow, type Row } from '../rows.js';
import type { Broker } from '../systems/brokers.js';
import { wakeUp } from './latency.js';

const GROUP = 'neighbour';
/** What the target calls "no more than": the noise between two runs of the same work. */
const LIMIT_RATIO = 1.1;

const BURN = 'setImmediate(() => { for (;;); });';
/** Bounded, so that the machine lives on: at 400 MB it begins again. */
const LEAK = `const held = [];
    setInterval(() => {
      held.push(Buffer.alloc(2e6, 1));
      if (held.length === 200) held.length = 0;
    }, 5);`;
const FLOOD = `for (let n = 0; !ctx.signal.aborted; n += 1) {
      const emitted = ctx.emit({ event_type: 'declared', fields: { flood: n } });
      if (n % 256 === 255) await emitted;
    }`;

interface Neighbour {
  readonly name: string;
  /** What the source does once it is ready; one that does nothing is always there. */
  readonly source?: string;
  /** What a process does that has nothing to do with waitbus. */
  readonly process?: string;
}

const NEIGHBOURS = {
  idle: { name: 'one subscriber, an idle source beside it' },
  burner: { name: 'a CPU burner that is no source', process: BURN },
  leaker: { name: 'a process that leaks and is no source', process: LEAK },
  burns: { name: 'a source that burns its CPU', source: BURN },
  leaks: { name: 'a source that leaks memory', source: LEAK },
  floods: { name: 'a source that floods the bus', source: FLOOD },
} satisfies Record<string, Neighbour>;

export async function neighbour(bench: Bench): Promise<Row[]> {
  const kinds = Object.entries<Neighbour>(NEIGHBOURS).map(([kind, { name, ...does }]) => {
    return { kind, does, row: newRow(GROUP, name, 'us') };
  });
  await bench.inTurn(['waitbus'], async (system) => {
    for (const { does, row } of kinds) {
      await using house = await settle(does);
      bench.say(row.name);
      addFigure(row, system, await wakeUp(bench, house.broker, [['fields.source="agent"']]));
    }
  });
  const rows = new Map(kinds.map(({ kind, row }) => [kind, row]));
  hold(rows, 'burns', 'burner');
  hold(rows, 'leaks', 'leaker');
  hold(rows, 'floods', 'burner');
  return [...rows.values()];
}

/** A source may cost what the same work costs in a process that is none. */
function hold(rows: ReadonlyMap<string, Row>, kind: string, baseline: string): void {
  const row = rows.get(kind);
  const other = rows.get(baseline);
  if (row === undefined || other === undefined) return;
  checkRatio(row, `p50 beside ${other.name}`, 'at most', LIMIT_RATIO, medianOf(other, 'waitbus'));
}

interface House extends AsyncDisposable {
  readonly broker: Broker;
}

/** An installation of its own with the neighbour in it, running. */
async function settle(does: Omit<Neighbour, 'name'>): Promise<House> {
  const box = enter(new Sandbox());
  const end = async () => {
    await box[Symbol.asyncDispose]();
    forget(box);
  };
  try {
    const workspace = new Workspace(box);
    workspace.plugin('agent', 'waitbus-source-agent', 'agent', source('agent', ''));
    workspace.plugin('noisy', 'waitbus-source-noisy', 'noisy', source('noisy', does.source ?? ''));
    await workspace.pin();
    const running = workspace.run('daemon');
    await running.says(/"msg":"serving"/);
    if (does.process !== undefined) box.start(process.execPath, ['-e', does.process]);
    const broker: Broker = {
      ...{ system: 'waitbus', pid: running.child.pid ?? 0, address: box.paths.socket, box },
      [Symbol.asyncDispose]: end,
    };
    const client = await activate(broker);
    return {
      broker,
      [Symbol.asyncDispose]: async () => {
        client.close();
        await end();
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}

function source(name: string, afterReady: string): string {
  return `export default {
  name: '${name}',
  async start(ctx) {
    ctx.ready();
    ${afterReady}
  },
};
`;
}

/** Interest that keeps the neighbour running and gets none of its events. */
async function activate(broker: Broker): Promise<WireClient> {
  const client = await WireClient.open(broker.address);
  client.send({ sources: ['noisy'], match: ['fields.never=1'], errors: true });
  for (;;) {
    const frame = await client.next();
    if (frame['kind'] === 'source_state' && frame['state'] === 'running') return client;
    if (frame['kind'] === 'subscribe_rejected') throw new Error(JSON.stringify(frame));
  }
}
