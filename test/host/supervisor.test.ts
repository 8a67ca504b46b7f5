/** The supervisor against real processes of broken sources. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backoff } from '../../cli/src/host/backoff.js';
import { HASTY, Stage } from './broken-sources.js';

test('a source that is wanted runs; an undeclared event is refused, the source lives', async () => {
  await using stage = new Stage('good');
  stage.supervisor.want([]);
  await stage.state('running');
  await stage.until(() => stage.events.length > 0);
  const [event] = stage.events;
  assert.equal(event?.event_type, 'declared');
  assert.equal(event.source, 'good');
  assert.match(event.fields?.['refused'] as string, /undeclared is not among the eventTypes/);
  assert.equal(stage.starts, 1);
});

for (const [entry, detail] of [
  ['throws-on-import', /thrown on import/],
  ['wrong-name', /defines another, its manifest declares broken/],
  ['no-start', /has no default export with a start function/],
  ['crashes', /crashed while it ran/],
  ['exits', /ended by itself \(exit code 3\)/],
  ['does-not-exist', /Cannot find module/],
] as const) {
  test(`a source that ${entry.replaceAll('-', ' ')} is given up after five tries, with the reason`, async () => {
    await using stage = new Stage(entry);
    stage.supervisor.want([]);
    const failed = await stage.state('failed');
    assert.match(failed.detail, /^waitbus-source-fixture: /);
    assert.match(failed.detail, detail);
    assert.match(failed.detail, /given up after 5 failures/);
    assert.match(failed.remedy, /^waitbus plugin restart broken tries again/);
    assert.equal(stage.starts, 5);
    assert.equal(stage.supervisor.pid, null);
    const retries = stage.conditions.filter(({ detail: text }) => /next try in/.test(text));
    assert.equal(retries.length, 4);
  });
}

test('the pauses between tries grow, and end after five failures', () => {
  assert.deepEqual([1, 2, 3, 4, 5, 6].map(backoff), [500, 1000, 2000, 4000, null, null]);
});

test('the remedy that a source gives reaches its waiters', async () => {
  await using stage = new Stage('gives-up');
  stage.supervisor.want([]);
  const failed = await stage.state('failed');
  assert.match(failed.detail, /no kubeconfig/);
  assert.equal(failed.remedy, 'kubectl config view shows it');
});

const short = (step: 'start' | 'ready') => ({
  ...HASTY,
  deadlinesMs: { ...HASTY.deadlinesMs, [step]: 300 },
  backoff: () => null,
});

for (const [entry, step] of [
  ['never-ready', 'ready'],
  ['start-hangs', 'start'],
  ['blocks', 'start'],
] as const) {
  test(`a source that ${entry.replaceAll('-', ' ')} fails at the deadline of ${step} and is ended`, async () => {
    await using stage = new Stage(entry, short(step));
    stage.supervisor.want([]);
    const failed = await stage.state('failed');
    assert.match(failed.detail, new RegExp(`${step} took over 0.3 s`));
    await stage.gone();
  });
}

test('a source that ignores SIGTERM is killed after the grace period', async () => {
  await using stage = new Stage('ignores-sigterm');
  stage.supervisor.want([]);
  await stage.state('running');
  stage.supervisor.stop();
  assert.equal(stage.supervisor.condition.state, 'stopped');
  await stage.gone();
  assert.equal(stage.starts, 1);
});

test('a source that is stopped can be wanted again', async () => {
  await using stage = new Stage('good');
  stage.supervisor.want([]);
  await stage.state('running');
  stage.supervisor.stop();
  stage.supervisor.want([]);
  await stage.state('running');
  assert.equal(stage.starts, 2);
});

test('a source that is stopped while it starts does not come to run afterwards', async () => {
  await using stage = new Stage('good');
  stage.supervisor.want([]);
  stage.supervisor.stop();
  await stage.gone();
  assert.equal(stage.supervisor.condition.state, 'stopped');
  stage.supervisor.want([]);
  await stage.state('running');
});

for (const garbage of [
  '"text"',
  '12',
  '[]',
  '{}',
  '{"type":"emit","id":1}',
  '{"type":"emit","id":1,"event":null}',
  '{"type":"emit","id":{},"event":{"event_type":"declared"}}',
  '{"type":"log","level":"constructor","message":"x","details":{}}',
  '{"type":"log","level":"nope","message":"x","details":{}}',
  '{"type":"log","level":"info","message":{},"details":null}',
  '{"type":"failed","message":{"toString":1},"remedy":7}',
  '{"type":"done","step":"nope"}',
  '{"type":"roots_ready"}',
  '{"type":"hello","version":99}',
  '{"type":"__proto__","__proto__":{"polluted":1}}',
]) {
  test(`garbage on the pipe fails the source, not the daemon: ${garbage}`, async () => {
    const patience = { ...HASTY, backoff: () => null };
    await using stage = new Stage('speaks-garbage', patience, { GARBAGE: garbage });
    stage.supervisor.want([]);
    const failed = await stage.state('failed');
    assert.match(failed.detail, /no message of the contract|speaks version 99/);
    assert.equal(({} as { polluted?: number }).polluted, undefined);
  });
}

test('a source may not log under the name of another', async () => {
  const garbage = '{"type":"log","level":"info","message":"forged","details":{"source":"github"}}';
  await using stage = new Stage('speaks-garbage', HASTY, { GARBAGE: garbage });
  stage.supervisor.want([]);
  await stage.state('running');
  await stage.until(() => stage.logged.some(({ message }) => message === 'forged'));
  const forged = stage.logged.find(({ message }) => message === 'forged');
  assert.deepEqual(forged?.details, { source: 'broken', details: { source: 'github' } });
});

test('the process gets a scrubbed environment and a directory of its own', async () => {
  const env = { HOME: '/h', SECRET_TOKEN: 'x', NODE_OPTIONS: '--no-warnings', DECLARED: 'y' };
  await using stage = new Stage('environment', HASTY, env, { config: { a: 1 } });
  stage.supervisor.want([]);
  await stage.until(() => stage.events.length > 0);
  const { names, cwd, config } = stage.events[0]?.fields as Record<string, unknown>;
  assert.deepEqual(names, ['DECLARED', 'HOME', 'PATH']);
  assert.equal(cwd, `${stage.directory}/state`);
  assert.deepEqual(config, { a: 1 });
});
