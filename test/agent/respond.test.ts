/** request and respond: many at once, each its own answer; handled once, over restarts. */
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { emit, readMessage, request, respond, type EventFrame } from 'waitbus';
import { daemonPid } from '../cli/verbs.js';
import { Checks } from '../support/checks.js';
import { Sandbox } from '../support/sandbox.js';
import { heard, heardOne, LIMIT_MS, logged } from './heard.js';

const RESPONDER = fileURLToPath(new URL('../fixtures/responder.mjs', import.meta.url));

const bodyOf = (answer: EventFrame) => readMessage(answer)?.body;

test('two hundred questions at once, answered in another order, each get their own answer', async () => {
  await using box = new Sandbox();
  await box.daemon();
  const { paths } = box;
  const asking = Array.from({ length: 200 }, (_, index) =>
    // Many ask under one name: the correlation alone tells their answers apart.
    request({ to: 'bob', from: `al-${index % 3}`, body: `q${index}`, paths, timeout: LIMIT_MS }),
  );
  const questions = await heard(box, ['fields.msg_to="bob"'], 200);
  const replies = [...questions].reverse().map((question) => {
    const asked = readMessage(question);
    return {
      source: 'agent',
      event_type: 'agent_message',
      fields: {
        msg_to: asked?.from ?? '',
        msg_from: 'bob',
        msg_correlation_id: asked?.correlationId ?? '',
        msg_reply_to: question.event_id,
        msg_body: `answer to ${asked?.body}`,
      },
    };
  });
  // Every seventh is said twice.
  await emit(
    replies.flatMap((reply, index) => (index % 7 === 0 ? [reply, reply] : [reply])),
    { paths },
  );
  const answers = await Promise.all(asking);
  assert.deepEqual(
    answers.map(bodyOf),
    asking.map((_, index) => `answer to q${index}`),
  );
});

test('respond answers in order, once each; what its handler throws is an answer that failed', async (t) => {
  await using box = new Sandbox();
  const { paths } = box;
  const [stop, ready] = [new AbortController(), new Checks()];
  let isReady = false;
  const errors: unknown[] = [];
  const responding = respond(
    {
      as: 'bob',
      paths,
      signal: stop.signal,
      onReady: () => {
        isReady = true;
        ready.changed();
      },
      onError: (error) => errors.push(error),
    },
    (body) => {
      if (body === 'fail') throw new Error('cannot do that');
      if (body === 'nothing') return '';
      return `${body}!`;
    },
  );
  await ready.until(() => isReady);
  const there: boolean[] = [];
  const ask = (body: string) =>
    request({
      to: 'bob',
      from: 'al',
      body,
      paths,
      timeout: LIMIT_MS,
      onAsked: ({ present }) => there.push(present),
    });
  t.after(() => stop.abort());
  assert.equal(bodyOf(await ask('one')), 'one!');
  const failed = await ask('fail');
  assert.deepEqual([bodyOf(failed), failed.fields['conclusion']], ['cannot do that', 'failure']);
  assert.equal((await ask('nothing')).fields['conclusion'], 'failure');
  assert.deepEqual(there, [true, true, true]);
  // It may be asked before it is back.
  process.kill(await daemonPid(box), 'SIGKILL');
  assert.equal(bodyOf(await ask('two')), 'two!');
  assert.equal(errors.length, 2);
  stop.abort();
  await responding;
  assert.equal((await logged(box, 'fields.msg_to="al"')).length, 4);
  assert.equal((await logged(box, 'event_type="agent_failed"')).length, 0);
});

test('a responder that is killed is told of; the next one takes up what came meanwhile, once', async () => {
  await using box = new Sandbox();
  const { paths } = box;
  const first = box.start(process.execPath, [RESPONDER, 'bob']);
  await first.says(/ready/);
  const ask = (body: string) => request({ to: 'bob', from: 'al', body, paths, timeout: LIMIT_MS });
  assert.equal(bodyOf(await ask('one')), 'bob heard one');
  const unanswered = ask('hang');
  await first.says(/hanging/);
  first.child.kill('SIGKILL');
  await assert.rejects(unanswered, { code: 'WAITBUS_AGENT_GONE' });
  await heardOne(box, 'event_type="agent_failed"', 'fields.msg_from="bob"');
  const patient = request({ to: 'bob', from: 'al', body: 'two', paths, timeout: LIMIT_MS });
  const second = box.start(process.execPath, [RESPONDER, 'bob', 'no-hanging']);
  await second.says(/ready/);
  assert.equal(bodyOf(await patient), 'bob heard two');
  // What it was killed over was handled again, and 'one' was not.
  const answers = await heard(box, ['fields.msg_to="al"'], 3);
  assert.deepEqual(answers.map(bodyOf), ['bob heard one', 'bob heard hang', 'bob heard two']);
});
