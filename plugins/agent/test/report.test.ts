/** A hook's input becomes events of one vocabulary, whatever harness wrote it, and whatever it wrote. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkEnvelope } from '@waitbus/plugin-sdk/envelope';
import fc from 'fast-check';
import { check } from '../../../test/support/property.js';
import { HARNESS_NAMES, HARNESSES, type HookInput } from '../src/harness/index.js';
import { SAMPLES } from './inputs.js';
import type { Sample } from './sample.js';

/** As `cli/src/client/agent-name.ts` allows it. */
const AGENT_NAME = /^[A-Za-z0-9][A-Za-z0-9._@:-]{0,63}$/;

const text = (value: unknown) => (typeof value === 'string' ? value : '');

const inputOf = ({ args, body, env = {} }: Pick<Sample, 'args' | 'body' | 'env'>): HookInput => ({
  args,
  body,
  env,
  cwd: '/home/me',
});

for (const sample of SAMPLES) {
  const { harness, args, body, becomes, may } = sample;
  const told = becomes?.map(([what]) => what).join(', ') ?? 'nothing';
  const shown = String(args[0]).slice(0, 30);
  test(`${harness} ${shown} becomes ${told === '' ? 'no event' : told}`, () => {
    const report = HARNESSES[harness].report(inputOf(sample));
    if (becomes === null) {
      assert.equal(report, null);
      return;
    }
    assert.ok(report, JSON.stringify(body));
    assert.deepEqual(
      report.events.map(({ event_type: type, fields }) => `${type} ${text(fields?.['scope'])}`),
      becomes.map(([what]) => what),
    );
    for (const [index, event] of report.events.entries()) {
      checkEnvelope(event);
      const { fields = {} } = event;
      assert.equal(fields['msg_from'], `${harness}:${report.session}`);
      assert.match(text(fields['msg_from']), AGENT_NAME);
      assert.equal(fields['harness'], harness);
      assert.equal(fields['session'], report.session);
      assert.match(text(fields['cwd']), /^\//);
      for (const [key, value] of Object.entries(becomes[index]?.[1] ?? {})) {
        assert.deepEqual(fields[key], value, key);
      }
    }
    for (const [key, value] of Object.entries(may ?? {})) {
      assert.equal(report[key as keyof typeof report], value, key);
    }
  });
}

test('every harness has samples, and all five types of event are among them', () => {
  assert.deepEqual(new Set(SAMPLES.map(({ harness }) => harness)), new Set(HARNESS_NAMES));
  const types = SAMPLES.flatMap(({ becomes }) => becomes ?? []).map(([what]) => what.split(' ')[0]);
  assert.deepEqual(
    new Set(types),
    new Set(['agent_started', 'agent_finished', 'agent_failed', 'agent_waiting', 'agent_edited']),
  );
});

test('what a harness can wake or inform, it has words for, and for nothing else', () => {
  for (const sample of SAMPLES) {
    const { harness } = sample;
    const input = inputOf(sample);
    const report = HARNESSES[harness].report(input);
    const [wake, inform] = [
      HARNESSES[harness].wake(input, 'text'),
      HARNESSES[harness].inform(input, 'text'),
    ];
    const what = `${harness} ${String(sample.args[0])}`;
    assert.equal(wake !== null, report?.canWake === true, `${what}: wake`);
    assert.equal(inform !== null, report?.canInform === true, `${what}: inform`);
    for (const { stdout, stderr, code } of [wake, inform].filter((one) => one !== null)) {
      if (code === 0) assert.ok(JSON.stringify(JSON.parse(stdout)).includes('text'), what);
      else assert.deepEqual([stdout, stderr, code], ['', 'text', 2], what);
    }
  }
});

test('the same moment told twice has one key; a turn that goes on after a wake ends anew', () => {
  const key = (sample: Sample) =>
    HARNESSES[sample.harness].report(inputOf(sample))?.events[0]?.delivery_id;
  const find = (harness: string, type: string, more = '') =>
    SAMPLES.filter(
      (one) =>
        one.harness === harness &&
        String(one.args[0]).includes(type) &&
        JSON.stringify(one.body).includes(more),
    );
  const [stop] = find('codex', 'Stop', '"stop_hook_active":false');
  const [again] = find('codex', 'Stop', '"stop_hook_active":true');
  const [notify] = find('codex', 'agent-turn-complete');
  assert.ok(stop && again && notify);
  assert.ok(key(stop));
  assert.equal(key(stop), key(notify));
  assert.equal(key(again), undefined);
  const [copilot] = find('copilot', 'agentStop');
  assert.ok(copilot);
  assert.match(String(key(copilot)), /1795931552980/);
});

const NAMES = ['session_id', 'sessionId', 'taskId', 'conversation_id', 'trajectory_id', 'cwd'];
const MORE = ['tool_name', 'tool_input', 'toolArgs', 'properties', 'info', 'error', 'timestamp'];
const KEYS = [
  ...NAMES,
  ...MORE,
  'parent',
  'hook_event_name',
  'source',
  'turn_id',
  'path',
  'reason',
];
const EVENTS = [...new Set(SAMPLES.map(({ args }) => String(args[0])))];

test('no input makes a report throw, and each of its events may be stored', (t) => {
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.constantFrom(...EVENTS),
    fc.constant('x'.repeat(20_000)),
    fc.constant('\ud800'),
  );
  const wild = fc.dictionary(fc.constantFrom(...KEYS), value);
  const changed = fc
    .record({ sample: fc.constantFrom(...SAMPLES), key: fc.nat(), value })
    .map(({ sample, key, value: put }) => {
      const keys = Object.keys(sample.body ?? {});
      const name = keys[key % Math.max(keys.length, 1)] ?? 'x';
      return { ...sample.body, [name]: put };
    });
  const input = fc.record({
    body: fc.oneof(wild, changed, fc.constant(null)),
    args: fc.array(fc.oneof(fc.constantFrom(...EVENTS), fc.string()), { maxLength: 3 }),
    env: fc.constant({}),
    cwd: fc.constantFrom('/', '/home/me'),
  });
  const property = fc.property(fc.constantFrom(...HARNESS_NAMES), input, (name, hook) => {
    const harness = HARNESSES[name];
    const report = harness.report(hook);
    harness.wake(hook, 'text');
    harness.inform(hook, 'text');
    for (const event of report?.events ?? []) {
      checkEnvelope(event);
      assert.match(text(event.fields?.['msg_from']), AGENT_NAME);
    }
  });
  check(t, property, { numRuns: 3000 });
});
