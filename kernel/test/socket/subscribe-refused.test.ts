/** A subscribe that is not taken: what is said, or that nothing is, and how the connection ends. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { event, KernelBox } from '../../../test/support/kernel.js';
import { exchange, framed } from '../../../test/support/raw.js';
import type { Frame } from '../../../test/support/wire.js';
import { FrameDecoder, parseFrame } from '../../src/socket/frame.js';
import { FIRST_ULID } from '../../src/store/ulid.js';

for (const proto of [0, 2, 1.5, '1', true, null, [1]]) {
  test(`proto ${JSON.stringify(proto)} is rejected with the version spoken, then EOF`, async () => {
    using box = await KernelBox.start();
    const { bytes, ended } = await exchange(
      box.paths.socket,
      framed(JSON.stringify({ proto, filters: 'bad too' })),
    );
    const [frame, ...rest] = framesOf(bytes);
    assert.equal(ended, 'eof');
    assert.deepEqual(rest, []);
    assert.equal(frame?.['kind'], 'subscribe_rejected');
    assert.equal(frame['reason'], 'version');
    assert.deepEqual(frame['supported'], [1]);
    assert.match(String(frame['remediation']), /\w/);
  });
}

const MALFORMED: readonly object[] = [
  { filters: 'owner/repo' },
  { filters: [1] },
  { filters: ['owner'] },
  { filters: ['*/repo'] },
  { filters: ['owner/repo/more'] },
  { filters: ['owner/re po'] },
  { filters: ['owner/*\n'] },
  { event_types: 'workflow_run' },
  { event_types: [null] },
  { since: 5 },
  { since: '' },
  { since: '01HZ' },
  { since: 'I'.repeat(26) },
  { since: `${FIRST_ULID}0` },
  { envelope: 'full' },
  { envelope: null },
  { match: 'fields.a=1' },
  { match: [1] },
  { any_of: ['fields.a=1'] },
  { sources: ['Not A Name'] },
  { cwd: 'relative' },
  { errors: 'yes' },
  { op: 'subscribe', filters: ['owner'] },
];

for (const request of MALFORMED) {
  test(`${JSON.stringify(request)} closes silently with a clean EOF`, async () => {
    using box = await KernelBox.start();
    const { bytes, ended } = await exchange(box.paths.socket, framed(JSON.stringify(request)));
    assert.deepEqual([bytes.length, ended], [0, 'eof']);
  });
}

test('a malformed subscribe ends with EOF, not with a reset, when more bytes follow it', async () => {
  using box = await KernelBox.start();
  const tail = Buffer.alloc(300_000, 'x');
  const { bytes, ended } = await exchange(
    box.paths.socket,
    Buffer.concat([framed('{"filters":[1]}'), tail]),
  );
  assert.deepEqual([bytes.length, ended], [0, 'eof']);
});

test('errors:true asks for an error frame in place of the silent close', async () => {
  using box = await KernelBox.start();
  const client = await box.connect();
  const error = await client.request({ filters: ['owner'], errors: true });
  assert.equal(error['kind'], 'error');
  assert.equal(error['code'], 'WAITBUS_BAD_REQUEST');
  assert.match(String(error['message']), /filters: "owner"/);
  const cursor = await box.connect();
  assert.equal((await cursor.request({ since: 'x', errors: true }))['code'], 'WAITBUS_BAD_CURSOR');
});

test('a bad predicate is rejected with the spec quoted, then EOF', async () => {
  using box = await KernelBox.start();
  for (const request of [
    { match: ['fields.a=oops'] },
    { any_of: [['fields.b=1'], ['fields.a=oops']] },
  ]) {
    const { bytes, ended } = await exchange(box.paths.socket, framed(JSON.stringify(request)));
    const [frame] = framesOf(bytes);
    assert.equal(ended, 'eof');
    assert.deepEqual([frame?.['kind'], frame?.['reason']], ['subscribe_rejected', 'predicate']);
    assert.match(String(frame?.['message']), /'fields\.a=oops'/);
    assert.match(String(frame?.['remediation']), /\w/);
  }
});

test('64 predicates in all are taken and 65 are not', async () => {
  using box = await KernelBox.start();
  const specs = (count: number) => Array.from({ length: count }, () => 'fields.a=1');
  await box.subscribe({ match: specs(32), any_of: [specs(16), specs(16)] });
  const client = await box.connect();
  const rejected = await client.request({ match: specs(32), any_of: [specs(16), specs(17)] });
  assert.deepEqual([rejected['kind'], rejected['reason']], ['subscribe_rejected', 'predicate']);
});

test('an unknown source is rejected with its name, and its interest is not begun', async () => {
  using box = await KernelBox.start();
  const { WaitbusError } = await import('@waitbus/plugin-sdk/envelope');
  box.kernel.onInterest({
    checkSource: () => undefined,
    interest: () => {
      throw new WaitbusError('WAITBUS_UNKNOWN_SOURCE', 'source nope is not installed');
    },
  });
  const client = await box.connect();
  const rejected = await client.request({ sources: ['nope'] });
  await client.closed;
  assert.deepEqual([rejected['kind'], rejected['reason']], ['subscribe_rejected', 'source']);
  assert.match(String(rejected['message']), /nope/);
});

test('a second subscribe on one connection is an error and the first goes on', async () => {
  using box = await KernelBox.start();
  const client = await box.subscribe();
  assert.equal((await client.request({ op: 'subscribe', id: 9 }))['code'], 'WAITBUS_BAD_REQUEST');
  await box.kernel.publish([event()]);
  assert.equal((await client.next())['kind'], 'event');
});

function framesOf(bytes: Buffer): Frame[] {
  return [...new FrameDecoder(65_536).push(bytes)].map((body) => parseFrame(body));
}
