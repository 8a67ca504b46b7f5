/**
 * Measures the time from a completed save to its event within one process tree: another process
 * saves and notes when it closes the file, this one notes when `emit` is called. Run: node --import tsx plugins/fs/test/measure-latency.ts
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import source from '../src/index.js';

const WRITER = `
const fs = require('fs');
const [root, kind] = process.argv.slice(1);
process.stdin.on('data', (n) => {
  const name = root + '/f' + (kind === 'new' ? String(n).trim() : '');
  const fd = fs.openSync(kind === 'renamed' ? name + '.tmp' : name, 'w');
  fs.writeSync(fd, 'x');
  const closing = process.hrtime.bigint();
  fs.closeSync(fd);
  if (kind === 'renamed') fs.renameSync(name + '.tmp', name);
  process.stdout.write(closing + '\\n');
});`;

async function measure(kind: string, saves: number): Promise<string> {
  const root = mkdtempSync(join(tmpdir(), 'waitbus-fs-'));
  writeFileSync(join(root, 'f'), '');
  const stopping = new AbortController();
  let emitted: (time: bigint) => void = () => undefined;
  await source.start({
    config: { roots: [root], ignore: [], gitignore: true },
    signal: stopping.signal,
    emit: async () => {
      emitted(process.hrtime.bigint());
      return { event_id: '', inserted: true };
    },
    state: { get: () => undefined, set: () => undefined },
    log: { debug() {}, info() {}, warn() {}, error() {} },
    watchRoots() {},
    watchWaiters() {},
    checkWaits() {},
    recheckWaits() {},
    note() {},
    describe() {},
    roots: [root],
    cwd: root,
    secret: () => '',
    webhook: () => Promise.reject(new Error('fs opens no webhook')),
    ready() {},
    fail(error) {
      throw error;
    },
  });
  const writer = spawn(process.execPath, ['-e', WRITER, root, kind], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const taken: number[] = [];
  for (let n = 0; n < saves; n += 1) {
    const event = new Promise<bigint>((resolve) => (emitted = resolve));
    const saved = new Promise<bigint>((resolve) => {
      writer.stdout.once('data', (text) => resolve(BigInt(String(text).trim())));
    });
    writer.stdin.write(`${n}\n`);
    taken.push(Number((await event) - (await saved)) / 1e6);
  }
  writer.kill();
  stopping.abort();
  rmSync(root, { recursive: true });
  taken.sort((a, b) => a - b);
  const at = (part: number): string => (taken[Math.floor(saves * part)] ?? 0).toFixed(2);
  return `${kind.padEnd(8)} median ${at(0.5)} ms, 99th percentile ${at(0.99)} ms, ${saves} saves`;
}

for (const kind of ['existing', 'new', 'renamed']) {
  process.stdout.write(`${await measure(kind, 500)}\n`);
}
