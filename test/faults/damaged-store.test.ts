/** What is no sound store is refused as it is, and the remedy that is printed mends it when pasted. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { test } from 'node:test';
import { FIRST_ULID } from '@waitbus/kernel/ulid';
import { digestOf, makeStore, overwrite, PAGE } from '../support/damage.js';
import { randomOf, seedOf } from '../support/property.js';
import { Sandbox } from '../support/sandbox.js';
import { WireClient } from '../support/wire.js';

const EVENTS = 400;
const EMIT = ['emit', '--source', 'agent', '--event-type', 'agent_note'];
const NOISE = Buffer.alloc(PAGE, 0xff);

/** The page on which an index or table begins. */
function rootPage(file: string, name: string): number {
  const found = execFileSync('python3', [
    '-c',
    'import sqlite3,sys; print(sqlite3.connect(sys.argv[1]).execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (sys.argv[2],)).fetchone()[0])',
    file,
    name,
  ]);
  return Number(String(found));
}

const REFUSED: readonly (readonly [what: string, code: RegExp, damage: (file: string) => void])[] =
  [
    ['a directory in its place', /FOREIGN/, (file) => mkdirSync(file)],
    ['a pipe in its place', /FOREIGN/, (file) => execFileSync('mkfifo', [file])],
    ['a text file in its place', /FOREIGN/, (file) => writeFileSync(file, 'notes\n')],
    ['a damaged header', /FOREIGN|CORRUPT/, (file) => overwrite(file, 16, NOISE.subarray(0, 84))],
    [
      'a damaged first page',
      /FOREIGN|CORRUPT/,
      (file) => overwrite(file, 100, NOISE.subarray(100)),
    ],
    [
      'a damaged index',
      /CORRUPT/,
      (file) => overwrite(file, (rootPage(file, 'events_by_delivery') - 1) * PAGE, NOISE),
    ],
    [
      'a damaged table',
      /CORRUPT/,
      (file) => overwrite(file, (rootPage(file, 'events') - 1) * PAGE, NOISE),
    ],
  ];

for (const [what, code, damage] of REFUSED) {
  test(`${what} is refused as it is, and the printed remedy mends it`, async () => {
    await using box = new Sandbox();
    const file = box.paths.store;
    mkdirSync(box.paths.stateDir);
    if (!/in its place/.test(what)) makeStore(file, EVENTS);
    damage(file);
    const before = digestOf(file);
    const daemon = await box.run(['daemon']);
    assert.equal(daemon.code, 1);
    assert.match(daemon.stderr, code);
    const emit = await box.run(EMIT);
    assert.equal(emit.code, 0, 'what is emitted meanwhile is spooled');
    assert.match(emit.stdout, /spooled/);
    assert.match(emit.stderr, /STORE_(FOREIGN|CORRUPT)/);
    assert.equal(digestOf(file), before);

    const command = /: (for .*)$/m.exec(daemon.stderr)?.[1];
    assert.ok(command, daemon.stderr);
    const pasted = await box.start('sh', ['-c', command]).ended;
    assert.equal(pasted.code, 0, pasted.stderr);
    await box.daemon();
    const log = await box.run(['log', '--since', 'start', '--json']);
    assert.equal(log.stdout.trim().split('\n').length, 1, 'the spooled one came in');
    if (before !== 'none none')
      assert.equal(digestOf(`${file}.aside`).split(' ')[0], before.split(' ')[0]);
  });
}

test('a store cut off anywhere is refused as it is', async (t) => {
  const random = randomOf(seedOf(t));
  await using box = new Sandbox();
  const file = box.paths.store;
  mkdirSync(box.paths.stateDir);
  const whole = `${box.directory}/whole.db`;
  makeStore(whole, EVENTS);
  const { size } = statSync(whole);
  const edges = [1, 15, 16, 99, 100, 511, PAGE - 1, PAGE, size - PAGE, size - 1];
  for (const length of [...edges, ...Array.from({ length: 6 }, () => 1 + random(size - 1))]) {
    copyFileSync(whole, file);
    truncateSync(file, length);
    const before = digestOf(file);
    const { code, stderr } = await box.run(['daemon']);
    assert.equal(code, 1, `${length} bytes`);
    assert.match(stderr, /WAITBUS_STORE_(FOREIGN|CORRUPT)/, `${length} bytes`);
    assert.equal(digestOf(file), before, `${length} bytes`);
  }
});

test('a torn or flipped write-ahead log leaves what was committed before it, in order', async (t) => {
  const random = randomOf(seedOf(t));
  await using box = new Sandbox();
  const daemon = await box.daemon();
  const client = await WireClient.open(box.paths.socket);
  for (let n = 0; n < 30; n += 1) {
    await client.request({
      op: 'emit',
      events: [{ source: 'agent', event_type: 'agent_note', fields: { n, pad: 'x'.repeat(2000) } }],
    });
  }
  daemon.child.kill('SIGKILL');
  await daemon.ended;
  const wal = readFileSync(`${box.paths.store}-wal`);
  const main = readFileSync(box.paths.store);
  const attacks: (readonly [string, (copy: string) => void, (kept: number) => boolean])[] = [
    [
      'bytes behind its end',
      (copy) => appendFileSync(copy, NOISE.subarray(0, 1000)),
      (kept) => kept === 30,
    ],
    [
      'cut off in its last frame',
      (copy) => truncateSync(copy, wal.length - 1),
      (kept) => kept < 30 && kept >= 28,
    ],
    ['empty', (copy) => truncateSync(copy, 0), (kept) => kept === 0],
  ];
  for (let flips = 0; flips < 4; flips += 1) {
    const at = 32 + random(wal.length - 32);
    attacks.push([
      `a byte flipped at ${at}`,
      (copy) => overwrite(copy, at, Buffer.from([(wal[at] ?? 0) ^ 0x55])),
      (kept) => kept <= 30,
    ]);
  }
  for (const [what, damage, right] of attacks) {
    writeFileSync(box.paths.store, main);
    writeFileSync(`${box.paths.store}-wal`, wal);
    damage(`${box.paths.store}-wal`);
    const next = await box.daemon();
    const reader = await WireClient.open(box.paths.socket);
    const kept = Number((await reader.request({ op: 'status' }))['events']);
    assert.ok(right(kept), `${what}: ${kept} are left`);
    await reader.request({ op: 'subscribe', since: FIRST_ULID });
    const events = await reader.count('event', kept);
    assert.deepEqual(
      events.map(({ fields }) => (fields as { n: number }).n),
      Array.from({ length: kept }, (_, n) => n),
      what,
    );
    next.child.kill('SIGKILL');
    await next.ended;
    t.diagnostic(`${what}: ${kept} of 30 are left`);
  }
});
