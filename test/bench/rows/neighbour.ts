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

/** What the neighbour does once it is ready. */
const NEIGHBOURS: Readonly<Record<string, string>> = {
  idle: '',
  burner: '',
  burns: 'setImmediate(() => { for (;;); });',
  // Bounded, so that the machine lives on: 400 MB, then it only holds them.
  leaks: `const held = [];
    const timer = setInterval(() => {
      held.push(Buffer.alloc(2e6, 1));
      if (held.length === 200) clearInterval(timer);
    }, 5);`,
  floods: `for (let n = 0; !ctx.signal.aborted; n += 1) {
      const emitted = ctx.emit({ event_type: 'declared', fields: { flood: n } });
      if (n % 256 === 255) await emitted;
    }`,
};

const NAMES: Readonly<Record<string, string>> = {
  idle: 'one subscriber, an idle source beside it',
  burner: 'a CPU burner that is no source',
  burns: 'a source that burns its CPU',
  leaks: 'a source that leaks memory',
  floods: 'a source that floods the bus',
};

export async function neighbour(bench: Bench): Promise<Row[]> {
  const rows = new Map(
    Object.entries(NAMES).map(([kind, name]) => [kind, newRow(GROUP, name, 'us')]),
  );
  await bench.inTurn(['waitbus'], async (system) => {
    for (const [kind, row] of rows) {
      await using house = await settle(kind);
      bench.say(row.name);
      addFigure(row, system, await wakeUp(bench, house.broker, [['fields.source="agent"']]));
    }
  });
  const p50 = (kind: string) => medianOf(rows.get(kind) ?? newRow(GROUP, kind, 'us'), 'waitbus');
  for (const kind of ['burns', 'floods']) hold(rows, kind, 'p50 beside the burner', p50('burner'));
  hold(rows, 'leaks', 'p50 beside an idle source', p50('idle'));
  return [...rows.values()];
}

function hold(rows: ReadonlyMap<string, Row>, kind: string, words: string, against: number): void {
  const row = rows.get(kind);
  if (row !== undefined) checkRatio(row, words, 'at most', LIMIT_RATIO, against);
}

interface House extends AsyncDisposable {
  readonly broker: Broker;
}

/** An installation of its own with the neighbour in it, running. */
async function settle(kind: string): Promise<House> {
  const box = enter(new Sandbox());
  const end = async () => {
    await box[Symbol.asyncDispose]();
    forget(box);
  };
  try {
    const workspace = new Workspace(box);
    workspace.plugin('agent', 'waitbus-source-agent', 'agent', source('agent', ''));
    workspace.plugin(
      'noisy',
      'waitbus-source-noisy',
      'noisy',
      source('noisy', NEIGHBOURS[kind] ?? ''),
    );
    await workspace.pin();
    const running = workspace.run('daemon');
    await running.says(/"msg":"serving"/);
    if (kind === 'burner') box.start(process.execPath, ['-e', 'for (;;);']);
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
