/** ask and reply: the answer of a question is that question's, whatever else is said meanwhile. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { emit, readMessage, request, type EventFrame } from 'waitbus';
import { assertExit, daemonPid, jsonLines } from '../cli/verbs.js';
import { Sandbox, WAITBUS } from '../support/sandbox.js';
import { heard, heardOne, LIMIT_MS } from './heard.js';

const ASK = ['ask', 'bob', 'how many?', '--from', 'al'] as const;

/** The question, once it is in the log. */
function asked(box: Sandbox): Promise<EventFrame> {
  return heardOne(box, 'event_type="agent_message"', 'fields.msg_to="bob"');
}

test('the answer is printed, exit 0; who is absent is said, and may come', async () => {
  await using box = new Sandbox();
  const ask = box.waitbus([...ASK, '--thread', 't1']);
  await ask.says(/nobody is present under that name/);
  const question = await asked(box);
  const { code, stdout } = await box.run(['reply', question.event_id, 'six\nor seven', '--json']);
  assert.equal(code, 0);
  const ended = await ask.ended;
  assertExit(ended, 0);
  assert.equal(ended.stdout, 'six\nor seven\n');
  const answer = await heardOne(box, 'fields.msg_to="al"');
  assert.equal(answer.event_id, jsonLines(stdout)[0]?.['event_id']);
  const { msg_from: from, msg_reply_to: to, msg_thread: thread } = answer.fields;
  assert.deepEqual([from, to, thread], ['bob', question.event_id, 't1']);
  assert.equal(answer.fields['msg_correlation_id'], question.fields['msg_correlation_id']);
});

test('reply takes the correlation id as well, and --failed ends the ask with 1', async () => {
  await using box = new Sandbox();
  const ask = box.waitbus([...ASK, '--json']);
  const question = await asked(box);
  const id = question.fields['msg_correlation_id'] as string;
  assertExit(await box.run(['reply', id, '-', '--failed', '--from', 'helper'], 'no idea\n'), 0);
  const ended = await ask.ended;
  assertExit(ended, 1);
  const answer = JSON.parse(ended.stdout) as EventFrame;
  const { msg_body: body, msg_from: from, conclusion } = answer.fields;
  assert.deepEqual([body, from, conclusion], ['no idea', 'helper', 'failure']);
});

test('a reply that lands before the asker listens is found', async () => {
  await using box = new Sandbox();
  const { paths } = box;
  const answer = await request({
    to: 'bob',
    from: 'al',
    body: 'q',
    paths,
    timeout: LIMIT_MS,
    // The question is stored and nobody listens yet: nothing goes on before this has returned.
    onAsked: ({ eventId }) => {
      const reply = [WAITBUS, 'reply', eventId, 'early'];
      execFileSync(process.execPath, reply, { env: box.env });
    },
  });
  assert.equal(readMessage(answer)?.body, 'early');
});

test('nothing else is taken for the answer: another’s, another question’s, a late or forged one', async () => {
  await using box = new Sandbox();
  await box.daemon();
  const first = await box.run([...ASK, '--timeout', '5s']);
  assertExit(first, 124);
  assert.match(first.stderr, /timed out; still waiting for:\n {2}an answer of bob to al/);
  const old = await asked(box);
  const ask = box.waitbus([...ASK, '--timeout', '60s']);
  const [, question] = await heard(box, ['fields.msg_to="bob"'], 2);
  assert.ok(question);
  const late = await box.run(['reply', old.event_id, 'too late']);
  assertExit(late, 0);
  assert.match(late.stderr, /al does not wait for it any more/);
  const correlation = question.fields['msg_correlation_id'] as string;
  const forged = (fields: Record<string, string>) => ({
    source: 'agent',
    event_type: 'agent_message',
    fields: { msg_to: 'al', msg_from: 'bob', msg_body: 'forged', ...fields },
  });
  await emit(
    [
      forged({}),
      forged({ msg_reply_to: question.event_id }),
      forged({ msg_correlation_id: correlation }),
      forged({ msg_correlation_id: correlation, msg_reply_to: old.event_id }),
      forged({
        msg_correlation_id: old.fields['msg_correlation_id'] as string,
        msg_reply_to: question.event_id,
      }),
      forged({ msg_correlation_id: correlation, msg_reply_to: question.event_id, msg_to: 'eve' }),
    ],
    { paths: box.paths },
  );
  assertExit(await box.run(['reply', question.event_id, 'first']), 0);
  assertExit(await box.run(['reply', question.event_id, 'second']), 0);
  const ended = await ask.ended;
  assertExit(ended, 0);
  assert.equal(ended.stdout, 'first\n');
});

test('when the agent that was asked is killed, the ask ends with 1 and says so', async () => {
  await using box = new Sandbox();
  const bob = box.waitbus(['run', '--name', 'bob', '--', 'sleep', '1000']);
  const started = await heardOne(box, 'event_type="agent_started"');
  const ask = box.waitbus([...ASK]);
  await ask.says(/asked bob/);
  bob.child.kill('SIGKILL');
  const ended = await ask.ended;
  process.kill(Number(started.fields['pid']), 'SIGKILL');
  assertExit(ended, 1);
  assert.match(ended.stderr, /bob ended before it answered: bob failed: waitbus run was killed/);
  assert.match(ended.stderr, /WAITBUS_AGENT_GONE/);
});

test('an agent that ends in order without an answer ends the ask too; a namesake that lives does not', async () => {
  await using box = new Sandbox();
  const start = () =>
    box.waitbus(['run', '--name', 'bob', '--', 'sh', '-c', 'read line'], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  const [one, other] = [start(), start()];
  await heard(box, ['event_type="agent_started"'], 2);
  const ask = box.waitbus([...ASK]);
  await ask.says(/asked bob/);
  one.child.stdin?.end('\n');
  await one.ended;
  assert.equal(ask.child.exitCode, null);
  other.child.stdin?.end('\n');
  const ended = await ask.ended;
  assertExit(ended, 1);
  assert.match(ended.stderr, /bob ended before it answered: bob finished/);
});

test('a daemon that is killed in the middle of an ask: it comes back by itself', async () => {
  await using box = new Sandbox();
  const ask = box.waitbus([...ASK]);
  const question = await asked(box);
  const pid = await daemonPid(box);
  process.kill(pid, 'SIGKILL');
  assertExit(await box.run(['reply', question.event_id, 'still here']), 0);
  const ended = await ask.ended;
  assertExit(ended, 0);
  assert.equal(ended.stdout, 'still here\n');
  assert.notEqual(await daemonPid(box), pid);
});

test('Ctrl-C and SIGTERM end an ask; what cannot be asked is 2', async () => {
  await using box = new Sandbox({ WAITBUS_AGENT_NAME: '' });
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    const ask = box.waitbus([...ASK]);
    await ask.says(/asked bob/);
    ask.child.kill(signal);
    assertExit(await ask.ended, code);
  }
  const nameless = await box.run(['ask', 'bob', 'q']);
  assertExit(nameless, 2);
  assert.match(nameless.stderr, /--from NAME.*export WAITBUS_AGENT_NAME=NAME/);
  for (const args of [
    ['ask', 'bob', 'q', '--from', 'a b'],
    ['ask', '../bob', 'q', '--from', 'al'],
    ['ask', 'bob', '', '--from', 'al'],
    ['ask', 'bob', 'q', 'r', '--from', 'al'],
    ['ask', 'bob', 'q', '--from', 'al', '--timeout', 'soon'],
    ['ask', 'bob', 'q', '--from', 'al', '--timeout', '60d'],
    ['reply', '01M87VCBQMDJKE75X1DAQEQDYN', 'x'],
    ['reply', 'no-such-correlation', 'x'],
    ['reply'],
  ]) {
    assertExit(await box.run([...args]), 2);
  }
  const barred = await box.run(['stop']);
  assertExit(barred, 0);
  assertExit(await box.run([...ASK, '--no-autostart']), 2);
});
