/**
 * A save, on its way to whoever waits for it: until inotifywait has printed its line, and until a
 * subscriber has the frame; and to the end of a process that waits for one save. Both watch all the
 * time, each a directory of its own, and the saves go to one and the other in turn.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { subscribe } from 'waitbus';
import { WAITBUS } from '../../support/sandbox.js';
import type { Bench } from '../bench.js';
import { newHistogram, pack, percentilesOf } from '../histogram.js';
import { addFigure, check, medianOf, newRow, type Figure, type Row } from '../rows.js';
import { startBroker, type Broker } from '../systems/brokers.js';
import { nowNs } from '../systems/event.js';

const GROUP = 'saves';
const INOTIFYWAIT = 'inotifywait';
const SAVE_TO_WAKE_MS = 20;
const ARMED_WITHIN_MS = 60_000;

/** Someone who is told of the saves in a directory. */
interface Watcher extends AsyncDisposable {
  readonly directory: string;
  /** The next save that it is told of. */
  next(): Promise<unknown>;
}

export async function saves(bench: Bench): Promise<Row[]> {
  const peer = spawnSync(INOTIFYWAIT, ['--help']).error === undefined;
  if (!peer) bench.say(`skipped ${INOTIFYWAIT}: not found; apt-get install inotify-tools`);
  const known = newRow(GROUP, 'save of a file, to the frame', 'us', 'inotifywait -m, its line');
  const fresh = newRow(GROUP, 'save of a new file, to the frame', 'us', 'inotifywait -m, its line');
  const ended = newRow(GROUP, 'save to the end of a waitbus wait', 'ms', 'inotifywait');
  for (let round = 0; round < bench.plan.rounds; round += 1) {
    bench.say(`round ${round + 1} of ${bench.plan.rounds}`);
    await using broker = await startBroker('waitbus');
    await using subscriber = await subscribed(broker);
    await using printer = peer ? await printed(broker) : null;
    for (const [row, isNew] of [
      [known, false],
      [fresh, true],
    ] as const) {
      const [frame, line] = await tell(bench.plan.saves, isNew, subscriber, printer);
      addFigure(row, 'waitbus', frame);
      if (line !== null) addFigure(row, 'floor', line);
    }
  }
  await using broker = await startBroker('waitbus');
  for (let turn = 0; turn < bench.plan.commands; turn += 1) {
    addFigure(ended, 'waitbus', { value: await waited(broker, turn) });
    if (peer) addFigure(ended, 'floor', { value: await inotifywaited(broker, turn) });
  }
  const wake = { known: medianOf(known, 'waitbus'), fresh: medianOf(fresh, 'waitbus') };
  check(known, 'us', 'at most', SAVE_TO_WAKE_MS * 1000, wake.known);
  check(fresh, 'us', 'at most', SAVE_TO_WAKE_MS * 1000, wake.fresh);
  check(ended, 'ms', 'at most', SAVE_TO_WAKE_MS, medianOf(ended, 'waitbus'));
  return [known, fresh, ended];
}

/** The latencies of saves that alternate between the two; a few come before that do not count. */
async function tell(
  count: number,
  isNew: boolean,
  subscriber: Watcher,
  printer: Watcher | null,
): Promise<[Figure, Figure | null]> {
  const histograms = [newHistogram(), newHistogram()] as const;
  const warmUp = Math.ceil(count / 5);
  for (let n = 0; n < warmUp + count; n += 1) {
    for (const [index, watcher] of [subscriber, printer].entries()) {
      if (watcher === null) continue;
      const told = watcher.next();
      const closing = save(join(watcher.directory, isNew ? `new-${n}` : 'known'));
      await told;
      if (n >= warmUp) histograms[index]?.recordValue(nowNs() - closing);
    }
  }
  const [frame, line] = histograms.map((histogram) => {
    const packed = pack(histogram);
    const { p50, p90, p99, max } = percentilesOf(packed);
    return { value: p50, p90, p99, max, histogram: packed };
  });
  return [frame as Figure, printer === null ? null : (line as Figure)];
}

/** @returns the moment just before the file is closed */
function save(path: string): number {
  const fd = openSync(path, 'w');
  writeSync(fd, 'saved');
  const closing = nowNs();
  closeSync(fd);
  return closing;
}

function place(broker: Broker, name: string): string {
  const directory = join(broker.box.work, name);
  mkdirSync(directory, { recursive: true });
  save(join(directory, 'known'));
  return directory;
}

async function subscribed(broker: Broker): Promise<Watcher> {
  const directory = place(broker, 'subscribed');
  const stopping = new AbortController();
  let armed: () => void = () => undefined;
  const arming = new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('the source was not armed')), ARMED_WITHIN_MS);
    armed = () => {
      clearTimeout(late);
      resolve();
    };
  });
  const events = subscribe({
    sources: ['fs'],
    cwd: directory,
    paths: broker.box.paths,
    signal: stopping.signal,
    onArmed: () => armed(),
  });
  // What is asked for first ends the arming, and is the first save.
  let first: Promise<unknown> | null = events.next();
  await arming;
  return {
    directory,
    next: () => {
      const next = first ?? events.next();
      first = null;
      return next;
    },
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await events.return(undefined);
    },
  };
}

async function printed(broker: Broker): Promise<Watcher> {
  const directory = place(broker, 'printed');
  const child = spawn(INOTIFYWAIT, ['-m', '-e', 'close_write', directory]);
  await established(child);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    directory,
    next: () => lines.next(),
    [Symbol.asyncDispose]: () => end(child),
  };
}

async function waited(broker: Broker, turn: number): Promise<number> {
  const directory = place(broker, 'waited');
  const args = ['wait', '--source', 'fs', '--quiet', '--ready-fd', '3'];
  const child = spawn(process.execPath, [WAITBUS, ...args], {
    cwd: directory,
    env: broker.box.env,
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  });
  const exit = exitOf(child);
  await Promise.race([once(child.stdio[3] as Readable, 'data'), exit]);
  const closing = save(join(directory, `f-${turn % 2}`));
  await exit;
  return (nowNs() - closing) / 1e6;
}

async function inotifywaited(broker: Broker, turn: number): Promise<number> {
  const directory = place(broker, 'inotifywaited');
  const child = spawn(INOTIFYWAIT, ['-e', 'close_write', directory]);
  const exit = exitOf(child);
  await established(child);
  const closing = save(join(directory, `f-${turn % 2}`));
  await exit;
  return (nowNs() - closing) / 1e6;
}

/** It says on stderr when its watches are set. */
async function established(child: ChildProcess): Promise<void> {
  for await (const line of createInterface(child.stderr as Readable)) {
    if (line.includes('established')) return;
  }
  throw new Error(`${INOTIFYWAIT} ended before it watched`);
}

async function exitOf(child: ChildProcess): Promise<void> {
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`${child.spawnargs.join(' ')} ended with ${code}`);
}

async function end(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.kill();
  await exit;
}
