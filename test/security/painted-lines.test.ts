/**
 * Whoever emits, names a file, claims a path or registers a watch wants to paint over the screen of
 * whoever looks: each command is driven with hostile text in every place that another program fills.
 */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { emit, registerWatch } from 'waitbus';
import { Sandbox, type Ended } from '../support/sandbox.js';
import { WireClient } from '../support/wire.js';
import { assertPlain, HOSTILE, linesOf, WORDS } from './hostile.js';

const box = new Sandbox();
const READER = 'reader';
let message = '';
const held: WireClient[] = [];

before(async () => {
  await box.daemon();
  const said = { owner: HOSTILE, repo: HOSTILE, summary: HOSTILE };
  await emit(
    { ...said, source: 'agent', event_type: 'agent_note', fields: { [HOSTILE]: HOSTILE } },
    box,
  );
  const sent = await emit(
    {
      ...said,
      source: 'agent',
      event_type: 'agent_message',
      fields: {
        ...{ msg_to: READER, msg_from: 'ada', msg_body: HOSTILE, msg_thread: HOSTILE },
        ...{ msg_correlation_id: HOSTILE, msg_reply_to: HOSTILE, scope: HOSTILE },
      },
    },
    box,
  );
  message = sent.results[0]?.event_id ?? '';
  await registerWatch(
    { name: READER, sources: ['agent'], match: [`fields.a=${JSON.stringify(HOSTILE)}`] },
    box,
  );
  await registerWatch(
    { name: READER, sources: ['agent'], since: 'start', cwd: `/${HOSTILE}` },
    box,
  );
  // A client of its own asks for what ours would not.
  for (const request of [
    { op: 'attach', name: HOSTILE },
    {
      op: 'hold',
      token: HOSTILE.slice(0, 20),
      key: `path:/${HOSTILE}`,
      data: { msg_from: HOSTILE },
    },
  ]) {
    const client = await WireClient.open(box.paths.socket);
    held.push(client);
    const { kind } = await client.request(request);
    assert.notEqual(kind, 'error', request.op);
  }
});

after(async () => {
  for (const client of held) client.close();
  await box[Symbol.asyncDispose]();
});

/** @param lines how many there are on stdout; null: as many as there are events */
async function shows(args: readonly string[], lines: number | null = null): Promise<Ended> {
  const ended = await box.run(args);
  assertPlain(ended);
  if (lines !== null) assert.equal(linesOf(ended.stdout).length, lines, ended.stdout);
  return ended;
}

const SINCE = ['--since', 'start'];

test('log shows each event in one line, and in JSON as it is', async () => {
  const { stdout } = await shows(['log', ...SINCE], 2);
  assert.match(stdout, WORDS);
  const json = await shows(['log', ...SINCE, '--json'], 2);
  const [first] = linesOf(json.stdout).map((line) => JSON.parse(line) as { summary: string });
  assert.ok(first?.summary.includes('\u001b[2A'), 'nothing is lost');
});

test('wait shows what it heard, and what it waits for, in one line each', async () => {
  const ended = await shows(['wait', '--source', 'agent', ...SINCE, '--timeout', '60s'], 0);
  assert.equal(ended.code, 0, ended.stderr);
  assert.match(ended.stderr, WORDS);
  await shows(['wait', '--source', 'agent', ...SINCE, '--timeout', '60s', '--json'], 1);
  const late = await shows([
    ...['wait', '--source', 'agent', '--match', `summary=${JSON.stringify(HOSTILE)}`],
    ...['--timeout', '1ms'],
  ]);
  assert.equal(late.code, 124, late.stderr);
});

test('inbox shows a message with its lines indented', async () => {
  const ended = await box.run(['inbox', '--as', READER, '--peek']);
  assertPlain(ended);
  assert.match(ended.stdout, /^ {4}waitbus: all is well$/m);
  assert.equal(linesOf(ended.stdout).filter((line) => !line.startsWith('    ')).length, 1);
  await shows(['inbox', '--as', READER, '--peek', '--json'], 1);
});

test('agents, claims, watches and wakes are a line each', async () => {
  await shows(['agents']);
  await shows(['agents', '--json']);
  await shows(['claim', '--list'], 1);
  await shows(['claim', '--list', '--json'], 1);
  await shows(['watch', '--list', '--for', READER], 2);
  await shows(['watch', '--list', '--for', READER, '--json'], 2);
  await shows(['watch', '--for', READER, '--take', '--timeout', '60s'], 2);
  await shows(['wakes', '--for', READER]);
  await shows(['wakes', '--for', READER, '--json']);
});

test('status, doctor and the lists of sources', async () => {
  const { stdout } = await shows(['status']);
  assert.match(stdout, WORDS, 'a name that attached');
  await shows(['status', '--json'], 1);
  await shows(['doctor']);
  await shows(['source', 'list']);
  await shows(['plugin', 'list']);
});

test('what was typed or pasted is quoted in one line, too', async () => {
  for (const args of [
    ['wait', '--source', HOSTILE],
    ['wait', '--match', HOSTILE],
    ['wait', `--${HOSTILE}`],
    [HOSTILE],
    ['emit', '--source', 'agent', '--event-type', HOSTILE],
    ['emit', '--json', HOSTILE],
    ['claim', `/${HOSTILE}`, '--as', HOSTILE],
    ['claim', `/${HOSTILE}`, '--as', 'ada'],
    ['release', `/${HOSTILE}`, '--as', 'ada'],
    ['reply', HOSTILE, 'x', '--from', 'ada'],
    ['send', HOSTILE, 'x'],
    ['plugin', 'add', `./${HOSTILE}`],
    ['plugin', 'remove', HOSTILE],
    ['plugin', 'verify', HOSTILE],
    ['plugin', 'audit', '--lockfile', HOSTILE],
    ['source', 'check', HOSTILE],
    ['config', 'set', HOSTILE, '1'],
    ['config', 'validate', HOSTILE],
    ['secret', 'set', HOSTILE, '--for', HOSTILE],
    ['install', HOSTILE],
    ['doctor', '--live', HOSTILE],
    ['hook', HOSTILE],
  ]) {
    const ended = await box.run(args, '');
    assertPlain(ended);
    assert.ok(linesOf(ended.stderr).length <= 4, `${args[0]}: ${ended.stderr}`);
  }
});

test('an answer goes as it is to a program, which asked for it', async () => {
  const asking = box.waitbus(['ask', READER, 'well?', '--from', 'bob', '--timeout', '60s']);
  const question = await asking.says(/[0-9A-Z]{26}/);
  const replied = await box.run(['reply', question, HOSTILE]);
  assertPlain(replied);
  const ended = await asking.ended;
  assert.equal(ended.stdout, `${HOSTILE}\n`);
  assertPlain({ stdout: '', stderr: ended.stderr });
  assert.ok(message.length > 0);
});

test('a file whose name forges a line is one line of wait', { timeout: 60_000 }, async () => {
  const directory = join(box.work, 'watched');
  mkdirSync(directory);
  const waiting = box.waitbus(['wait', '--source', 'fs', '--cwd', directory, '--timeout', '60s']);
  await waiting.says(/waiting for/);
  writeFileSync(join(directory, HOSTILE), 'x');
  const ended = await waiting.ended;
  assert.equal(ended.code, 0, ended.stderr);
  assertPlain(ended);
  assert.match(ended.stderr, WORDS);
});
