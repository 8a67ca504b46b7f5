/** What a source says of what is asked of it, from its check to the waiter's socket. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { isWaitNote } from '@waitbus/plugin-sdk';
import type { WireClient } from '../support/wire.js';
import { House } from './house.js';

type Frame = Readonly<Record<string, unknown>>;

/** The frames up to the first of a kind (and state), that one included. */
async function upTo(client: WireClient, kind: string, state?: string): Promise<Frame[]> {
  const frames: Frame[] = [];
  for (;;) {
    const frame = await client.next();
    frames.push(frame);
    if (frame['kind'] === kind && (state === undefined || frame['state'] === state)) return frames;
  }
}

const notesOf = (frames: readonly Frame[]) => frames.filter(({ kind }) => kind === 'wait_note');

test('what a source has to say of a wait is said before it is armed, in one line, with the clause', async () => {
  await using house = await House.open('checks-waits');
  const client = await house.wait({
    any_of: [['fields.source="agent"'], ['fields.say="warning"'], ['fields.say="impossible"']],
  });
  const [first, second] = notesOf(await upTo(client, 'source_state', 'running'));
  const note = { kind: 'wait_note', source: 'good', code: 'said', remedy: 'do this' };
  assert.deepEqual(first, {
    ...note,
    level: 'warning',
    detail: 'it is warning\\nreally',
    clauses: [1],
  });
  assert.deepEqual(second, {
    ...note,
    level: 'impossible',
    detail: 'it is impossible\\nreally',
    clauses: [2],
  });
});

test('each waiter is looked at, also one that asks for the same, and one that comes later', async () => {
  await using house = await House.open('checks-waits');
  for (let n = 0; n < 3; n += 1) {
    const client = await house.wait({ match: ['fields.say="warning"'] });
    const notes = notesOf(await upTo(client, 'source_state', 'running'));
    assert.deepEqual(
      notes.map(({ code }) => code),
      ['said', 'seen'],
    );
  }
});

test('what holds no more is cleared, and said once', async () => {
  await using house = await House.open('checks-waits');
  const client = await house.wait({ match: ['fields.say="warning"'] });
  await upTo(client, 'source_state', 'running');
  await house.wait({ match: ['fields.clean=true'] });
  const [cleared] = await upTo(client, 'wait_note');
  assert.deepEqual(cleared, {
    kind: 'wait_note',
    source: 'good',
    code: 'said',
    level: 'cleared',
    detail: 'it is warning\\nreally',
    remedy: '',
    clauses: [0],
  });
});

test('a note may hold an integer of 64 bits', async () => {
  await using house = await House.open('checks-waits');
  const client = await house.wait({ match: ['fields.big=true'] });
  const [big] = notesOf(await upTo(client, 'source_state', 'running'));
  assert.deepEqual(big?.['data'], { id: 9007199254740993n });
});

test('what is too deep to be written down is no note, and is refused in time', () => {
  let data: unknown = 1;
  for (let depth = 0; depth < 50_000; depth += 1) data = [data];
  assert.equal(isWaitNote({ code: 'deep', level: 'info', detail: '', data }), false);
});

test('a change of other packages leaves what was said of a wait as it is', async () => {
  await using house = await House.open('checks-waits');
  const client = await house.wait({ match: ['fields.say="warning"'] });
  await upTo(client, 'source_state', 'running');
  house.update();
  await house.emit(1, { say: 'warning' });
  const frames = await upTo(client, 'event');
  assert.deepEqual(notesOf(frames), []);
});

test('what a run said besides its check is over with the run', async () => {
  await using house = await House.open('checks-waits');
  const client = await house.wait({ match: ['fields.beside=true'] });
  const isOf = (level: string) => (frame: Frame) =>
    frame['code'] === 'beside' && frame['level'] === level;
  const until = async (holds: (frame: Frame) => boolean) => {
    let frame = await client.next();
    while (!holds(frame)) frame = await client.next();
    return frame;
  };
  await until(isOf('warning'));
  await house.wait({ match: ['fields.die=true'] });
  assert.equal((await until(isOf('cleared')))['detail'], 'as things are');
});

test('a check that does not answer keeps nobody from being armed', async () => {
  await using house = await House.open('checks-waits');
  const client = await house.wait({ match: ['fields.hang=true'] });
  const frames = await upTo(client, 'source_state', 'running');
  assert.deepEqual(notesOf(frames), []);
});

test('a check that returns what is no note fails the source, which says so', async () => {
  await using house = await House.open('checks-waits');
  const client = await house.wait({ match: ['fields.wrong=true'] });
  for (;;) {
    const { kind, state, detail } = await client.next();
    if (kind !== 'source_state' || state !== 'starting' || detail === '') continue;
    assert.match(String(detail), /no note to a waiter: \{"code":"Not A Code"\}/);
    break;
  }
});

test('a note follows every event that was committed before it, live and after a replay', async () => {
  await using house = await House.open('checks-waits');
  const live = await house.wait({ match: ['fields.round=true'] });
  const frames = await upTo(live, 'wait_note');
  const rest = frames.some(({ code }) => code === 'round') ? [] : await upTo(live, 'wait_note');
  const order = [...frames, ...rest].map(({ kind, code }) => code ?? kind);
  assert.ok(order.indexOf('event') !== -1 && order.indexOf('event') < order.indexOf('round'));
  // Much to be replayed, so that the note finds the subscriber behind.
  for (let n = 0; n < 50; n += 1) {
    await house.emit(20, { round: true, text: 'x'.repeat(2000) });
  }
  const late = await house.wait({ match: ['fields.round=true'], since: '0'.repeat(26) });
  const seen: Frame[] = [];
  while (seen.at(-1)?.['code'] !== 'round') seen.push(await late.next());
  const events = seen.filter(({ kind }) => kind === 'event');
  // One round each of two waiters, and what was emitted between.
  assert.equal(events.length, 1002);
});

/** Subscribes, and prints the data of the first note. */
const CLIENT = `
  const socket = require('node:net').connect(process.argv[1]);
  const body = Buffer.from(JSON.stringify({ op: 'subscribe', proto: 1, sources: ['good'] }));
  const head = Buffer.alloc(4);
  head.writeUInt32BE(body.length);
  socket.write(Buffer.concat([head, body]));
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
    const note = /\\{"kind":"wait_note".*?"data":(\\{.*?\\})/.exec(text);
    if (note === null) return;
    console.log(note[1]);
    socket.destroy();
  });`;

test('a source sees those variables of the waiting process that its manifest names, and no other', async (t) => {
  if (process.platform !== 'linux') {
    t.skip('the system does not tell');
    return;
  }
  await using house = await House.open('checks-waits');
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', CLIENT, house.socket], {
    env: { DECLARED: 'a=b', GARBAGE: '', OTHER: 'no' },
  });
  assert.deepEqual(JSON.parse(stdout), { DECLARED: 'a=b', GARBAGE: '' });
});
