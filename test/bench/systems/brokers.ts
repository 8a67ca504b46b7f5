/** Starts each system's broker as its users have it, in a place of its own. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Sandbox, WAITBUS } from '../../support/sandbox.js';
import { compiled } from '../compile.js';
import { enter, forget } from '../life.js';
import type { SystemName } from './clients.js';

export interface Broker extends AsyncDisposable {
  readonly system: SystemName;
  readonly pid: number;
  /** What clients connect to. */
  readonly address: string;
  readonly box: Sandbox;
}

export interface BrokerOptions {
  /** The configuration file of waitbus. */
  readonly config?: object;
}

/** How each is set up, for who reads the results. */
export const SETTINGS: Readonly<Record<SystemName, string>> = {
  waitbus: 'defaults: WAL, synchronous=NORMAL; raw frames over its unix socket',
  redis:
    'appendonly yes, appendfsync everysec, no RDB snapshots, unix socket; ioredis, pipelines of ' +
    'up to 100 XADD, one connection per subscriber in XREAD BLOCK 0 COUNT 1000',
  nats:
    'JetStream file store with its default sync interval, TCP on loopback (it has no unix socket);' +
    ' its own client, an ordered push consumer on a connection of its own per subscriber',
  floor: 'a relay in Node on a unix socket: same framing, no store',
};

type Start = (box: Sandbox, options: BrokerOptions) => Promise<Pick<Broker, 'pid' | 'address'>>;

const START: Readonly<Record<SystemName, Start>> = {
  waitbus: startWaitbus,
  redis: startRedis,
  nats: startNats,
  floor: startFloor,
};

export async function startBroker(
  system: SystemName,
  options: BrokerOptions = {},
): Promise<Broker> {
  const box = enter(new Sandbox());
  const end = async () => {
    await box[Symbol.asyncDispose]();
    forget(box);
  };
  try {
    const started = await START[system](box, options);
    return { ...started, system, box, [Symbol.asyncDispose]: end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** Arguments for experiments: to Node, and to `waitbus daemon`. */
const words = (name: string) => (process.env[name] ?? '').split(' ').filter((word) => word !== '');

async function startWaitbus(box: Sandbox, { config }: BrokerOptions) {
  if (config !== undefined) {
    mkdirSync(box.paths.configDir, { recursive: true });
    writeFileSync(join(box.paths.configDir, 'config.json'), JSON.stringify(config));
  }
  const running = box.start(process.execPath, [
    ...words('WAITBUS_BENCH_NODE_ARGS'),
    WAITBUS,
    'daemon',
    ...words('WAITBUS_BENCH_DAEMON_ARGS'),
  ]);
  await running.says(/"msg":"serving"/);
  return { pid: running.child.pid ?? 0, address: box.paths.socket };
}

async function startRedis(box: Sandbox) {
  const address = join(box.directory, 'redis.sock');
  const settings = {
    port: '0',
    unixsocket: address,
    dir: box.work,
    appendonly: 'yes',
    appendfsync: 'everysec',
    save: '',
  };
  const running = box.start(
    'redis-server',
    Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
  );
  await running.says(/ready to accept connections/i);
  return { pid: running.child.pid ?? 0, address };
}

async function startNats(box: Sandbox) {
  const port = await freePort();
  const running = box.start('nats-server', [
    ...['--addr', '127.0.0.1', '--port', String(port)],
    ...['--jetstream', '--store_dir', box.work],
  ]);
  await running.says(/Server is ready/);
  return { pid: running.child.pid ?? 0, address: `127.0.0.1:${port}` };
}

async function startFloor(box: Sandbox) {
  const address = join(box.directory, 'floor.sock');
  const running = box.start(process.execPath, [compiled('floor-relay'), address]);
  await running.says(/serving/);
  return { pid: running.child.pid ?? 0, address };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
