/**
 * Measures how soon a waiter is woken beside a source that misbehaves in each way that is tested in
 * runtime.test.ts, and beside a program that takes as much CPU and is no source:
 *
 *   node --import tsx test/host/measure-neighbour.ts [seconds each] [words of names]
 */
import { readFileSync } from 'node:fs';
import { Sandbox } from '../support/sandbox.js';
import { WireClient } from '../support/wire.js';
import { Workspace } from './installation.js';

const EVERY_MS = 2;
const WARM_UP_MS = 1000;
const SECONDS = Number(process.argv[2] ?? 8);

const fixture = (name: string) =>
  readFileSync(new URL(`../fixtures/sources/${name}.mjs`, import.meta.url), 'utf8');
/** A package of one file: what a fixture imports of another is put before it. */
const alone = (name: string) =>
  fixture('raw-channel').replaceAll('export function', 'function') +
  fixture(name).replace(/^import .*raw-channel.*$/m, '');
const source = (body: string) =>
  `export default { name: 'broken', async start(ctx) { ctx.ready(); ${body} } };`;

const IDLE = source('setInterval(() => undefined, 1000);');
const BURN = 'setTimeout(() => { for (;;); }, 0);';

const NEIGHBOURS: readonly { name: string; code: string; beside?: string }[] = [
  { name: 'an idle source', code: IDLE },
  { name: 'a CPU burner that is no source', code: IDLE, beside: BURN },
  { name: 'infinite loop', code: alone('loops') },
  { name: 'heap bomb', code: alone('heap-bomb') },
  { name: 'Buffer bomb', code: alone('buffer-bomb') },
  { name: 'IPC flood', code: alone('floods-channel') },
  { name: 'ignores acknowledgements', code: alone('ignores-backpressure') },
  {
    name: 'event flood',
    code: source(`for (;;) await Promise.all(Array.from({ length: 64 }, () =>
      ctx.emit({ event_type: 'declared' })));`),
  },
  {
    name: 'large event flood',
    code: source(`const payload = 'x'.repeat(1e6);
      for (;;) await Promise.all([1, 2, 3, 4].map(() =>
        ctx.emit({ event_type: 'declared', payload })));`),
  },
  {
    name: 'log flood',
    code: source(`setInterval(() => {
        for (let at = 0; at < 80; at += 1) ctx.log.info('flood');
      }, 10);`),
  },
  {
    name: 'output flood',
    code: source(`const text = 'flood\\n'.repeat(10_000);
      for (;;) await new Promise((done) => process.stdout.write(text, () => setImmediate(done)));`),
  },
];

/** Latencies in microseconds, and how the neighbour was in the end. */
async function measure({ code, beside }: (typeof NEIGHBOURS)[number]) {
  await using box = new Sandbox();
  const workspace = new Workspace(box);
  const agent = `export default { name: 'agent', start: (ctx) => ctx.ready() };`;
  workspace.plugin('agent', 'source-agent', 'agent', agent);
  workspace.plugin('noisy', 'source-noisy', 'broken', code);
  await workspace.pin();
  await workspace.daemon();
  if (beside !== undefined) box.start(process.execPath, ['-e', beside]);
  const waiter = await WireClient.open(box.paths.socket);
  await waiter.request({ sources: ['agent'], match: ['fields.source="agent"'] });
  const noise = await WireClient.open(box.paths.socket);
  noise.send({ sources: ['broken'], match: ['fields.never=1'] });
  const producer = await WireClient.open(box.paths.socket);
  const sent = new Map<number, bigint>();
  const took: number[] = [];
  let heard = 0;
  const began = performance.now();
  waiter.socket.on('data', () => {
    for (; heard < waiter.frames.length; heard += 1) {
      const { kind, fields } = waiter.frames[heard] ?? {};
      const at = kind === 'event' ? sent.get((fields as { at: number }).at) : undefined;
      if (at !== undefined && performance.now() - began > WARM_UP_MS) {
        took.push(Number(process.hrtime.bigint() - at) / 1000);
      }
    }
  });
  await new Promise<void>((resolve) => {
    let at = 0;
    const timer = setInterval(() => {
      sent.set(at, process.hrtime.bigint());
      const event = { source: 'agent', event_type: 'declared', fields: { at } };
      producer.send({ op: 'emit', id: at, events: [event] });
      at += 1;
      if (performance.now() - began < SECONDS * 1000) return;
      clearInterval(timer);
      resolve();
    }, EVERY_MS);
  });
  const status = (await workspace.sources()).get('broken') ?? {};
  for (const client of [waiter, noise, producer]) client.close();
  took.sort((one, other) => one - other);
  return { took, status };
}

const percentile = (sorted: readonly number[], part: number) =>
  (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN).toFixed(0);

const words = process.argv.slice(3);
for (const neighbour of NEIGHBOURS) {
  if (words.length > 0 && !words.some((word) => neighbour.name.includes(word))) continue;
  const { took, status } = await measure(neighbour);
  const figures = [0.5, 0.9, 0.99, 1].map((part) => percentile(took, part).padStart(7)).join(' ');
  const { state, restarts, slowed, events, detail } = status as Record<string, string>;
  process.stdout.write(
    `${neighbour.name.padEnd(31)} us p50 p90 p99 max ${figures}  n ${took.length}  ` +
      `${state}, ${events} events, restarts ${restarts}${slowed ? ', slowed' : ''} ${detail}\n`,
  );
}
