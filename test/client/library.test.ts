/** The client library as a program uses it: emit, waitFor, subscribe, attach. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { attach, emit, subscribe, waitFor, WaitTimeoutError, WaitbusError } from 'waitbus';
import { daemonPid } from '../cli/verbs.js';
import { Sandbox } from '../support/sandbox.js';

const done = (n: number) => ({
  source: 'agent',
  event_type: 'agent_finished',
  fields: { n },
});

/** A promise, and the function that resolves it. */
function signal(): { readonly happened: Promise<void>; readonly happen: () => void } {
  let happen: () => void = () => undefined;
  const happened = new Promise<void>((resolve) => (happen = resolve));
  return { happened, happen };
}

const hasCode = (code: string) => (error: unknown) =>
  error instanceof WaitbusError && error.code === code;

test('emit starts a daemon, and answers with one receipt an event, in order', async () => {
  await using box = new Sandbox();
  const { paths } = box;
  const { results, spooled } = await emit([done(1), done(2)], { paths });
  assert.equal(spooled, null);
  assert.deepEqual(
    results.map(({ inserted }) => inserted),
    [true, true],
  );
  assert.ok((results[0]?.event_id ?? '') < (results[1]?.event_id ?? ''));
  const single = await emit(done(3), { paths });
  assert.equal(single.results.length, 1);
});

test('emit of a repeated delivery id answers with the first event', async () => {
  await using box = new Sandbox();
  const event = { ...done(1), delivery_id: 'k' };
  const first = await emit(event, box);
  const second = await emit(event, box);
  assert.deepEqual(second.results, [{ event_id: first.results[0]?.event_id, inserted: false }]);
});

test('emit refuses a malformed event and one of an unknown source, with their codes', async () => {
  await using box = new Sandbox();
  const bad = { ...done(1), event_type: 'No' };
  await assert.rejects(emit(bad, box), hasCode('WAITBUS_BAD_EVENT'));
  const unknown = { ...done(1), source: 'nosuch' };
  await assert.rejects(emit(unknown, box), hasCode('WAITBUS_UNKNOWN_SOURCE'));
  assert.deepEqual(readdirSync(box.paths.spool), []);
});

test('emit spools when no daemon can be had, and what is spooled arrives later', async () => {
  await using box = new Sandbox();
  const { paths } = box;
  const { results, spooled } = await emit(done(1), { paths, autostart: false });
  assert.deepEqual(results, []);
  assert.ok(spooled?.startsWith(paths.spool));
  const [event] = await waitFor({ source: 'agent', since: '0'.repeat(26), paths, timeout: 20_000 });
  assert.equal(event?.fields['n'], 1);
});

test('waitFor resolves with the event that onArmed caused', async () => {
  await using box = new Sandbox();
  const { paths } = box;
  const [event] = await waitFor({
    source: 'agent',
    match: 'fields.n=2',
    paths,
    timeout: 20_000,
    onArmed: () => void emit([done(1), done(2)], { paths }),
  });
  assert.equal(event?.fields['n'], 2);
  assert.equal(typeof event?.received_at, 'bigint');
});

test('waitFor with allOf resolves with one event a clause, in their order', async () => {
  await using box = new Sandbox();
  const { paths } = box;
  const events = await waitFor({
    allOf: ['agent:fields.n=1', 'agent:fields.n=2'],
    paths,
    timeout: 20_000,
    onArmed: () => void emit([done(2), done(2), done(1)], { paths }),
  });
  assert.deepEqual(
    events.map((event) => event.fields['n']),
    [2, 1],
  );
});

test('waitFor with firstOf and count', async () => {
  await using box = new Sandbox();
  const { paths } = box;
  const events = await waitFor({
    firstOf: ['agent:fields.n=1', 'agent:fields.n=3'],
    count: 2,
    paths,
    timeout: 20_000,
    onArmed: () => void emit([done(1), done(2), done(3)], { paths }),
  });
  assert.deepEqual(
    events.map((event) => event.fields['n']),
    [1, 3],
  );
});

test('the timeout error of waitFor lists what is outstanding', async () => {
  await using box = new Sandbox();
  const { paths } = box;
  const allOf = ['agent:fields.n=1', 'agent:fields.n = 2'];
  const armed = signal();
  const wait = waitFor({ allOf, paths, timeout: 3000, onArmed: armed.happen });
  await armed.happened;
  await emit(done(1), { paths });
  await assert.rejects(wait, (error) => {
    assert.ok(error instanceof WaitTimeoutError);
    assert.deepEqual(error.outstanding, ['agent:fields.n = 2']);
    return true;
  });
});

test('waitFor holds a timeout that is up before the daemon answers', async () => {
  await using box = new Sandbox();
  const { paths } = box;
  for (const timeout of [1, 20, 60]) {
    await assert.rejects(waitFor({ source: 'agent', paths, timeout }), WaitTimeoutError);
  }
  await emit(done(1), { paths });
});

test('an aborted signal ends waitFor with its reason, before and after it is armed', async () => {
  await using box = new Sandbox();
  const { paths } = box;
  const before = waitFor({ source: 'agent', paths, signal: AbortSignal.abort(new Error('no')) });
  await assert.rejects(before, /no/);
  const controller = new AbortController();
  const after = waitFor({
    source: 'agent',
    paths,
    signal: controller.signal,
    onArmed: () => controller.abort(new Error('enough')),
  });
  await assert.rejects(after, /enough/);
});

test('waitFor rejects a bad predicate, a bad clause and an unknown source at once', async () => {
  await using box = new Sandbox();
  const { paths } = box;
  await assert.rejects(waitFor({ match: 'a', paths }), hasCode('WAITBUS_BAD_PREDICATE'));
  await assert.rejects(waitFor({ allOf: ['a=1'], paths }), hasCode('WAITBUS_BAD_PREDICATE'));
  await assert.rejects(waitFor({ source: 'nosuch', paths }), hasCode('WAITBUS_UNKNOWN_SOURCE'));
  const unreachable = waitFor({ source: 'agent', paths: (await bare()).paths, autostart: false });
  await assert.rejects(unreachable, hasCode('WAITBUS_UNREACHABLE'));
});

/** Paths where nobody serves. */
async function bare(): Promise<{ paths: Sandbox['paths'] }> {
  await using box = new Sandbox();
  return { paths: box.paths };
}

test('subscribe survives the death of the daemon, each event once and in order', async () => {
  await using box = new Sandbox();
  const { paths } = box;
  await emit(done(0), { paths });
  const seen: unknown[] = [];
  const events = subscribe({
    match: ['event_type="agent_finished"'],
    since: '0'.repeat(26),
    paths,
  });
  for await (const event of events) {
    const n = event.fields['n'] as number;
    seen.push(n);
    if (n === 9) break;
    // Every third event the daemon dies, with the next event stored or not yet.
    if (n % 3 === 0) {
      const pid = await daemonPid(box);
      if (n === 3) await emit(done(n + 1), { paths });
      process.kill(pid, 'SIGKILL');
    }
    if (n !== 3) await emit(done(n + 1), { paths });
  }
  assert.deepEqual(seen, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('subscribe ends when its signal is aborted', async () => {
  await using box = new Sandbox();
  const { paths } = box;
  await emit([done(1), done(2)], { paths });
  const controller = new AbortController();
  const seen: unknown[] = [];
  for await (const event of subscribe({
    since: '0'.repeat(26),
    paths,
    signal: controller.signal,
  })) {
    seen.push(event.fields['n']);
    if (seen.length === 2) controller.abort();
  }
  assert.deepEqual(seen, [1, 2]);
});

test('two subscriptions of one process do not disturb each other', async () => {
  await using box = new Sandbox();
  const { paths } = box;
  await emit([done(1), done(2), done(3)], { paths });
  const take = async (match: string) => {
    for await (const event of subscribe({ match: [match], since: '0'.repeat(26), paths })) {
      return event.fields['n'];
    }
    return null;
  };
  assert.deepEqual(await Promise.all([take('fields.n=2'), take('fields.n>2')]), [2, 3]);
});

const ATTACHED = fileURLToPath(new URL('../fixtures/attached-agent.mjs', import.meta.url));

test('the will of an attached process that is killed is published', async () => {
  await using box = new Sandbox();
  const { paths } = box;
  const armed = signal();
  const died = waitFor({
    source: 'agent',
    match: ['event_type="agent_failed"', 'fields.msg_from="a"'],
    paths,
    timeout: 20_000,
    onArmed: armed.happen,
  });
  await armed.happened;
  const agent = box.start(process.execPath, [ATTACHED, 'a']);
  await agent.says(/attached/);
  agent.child.kill('SIGKILL');
  assert.equal((await died)[0]?.event_type, 'agent_failed');
});

test('a process that detaches leaves no will behind', async () => {
  await using box = new Sandbox();
  const { paths } = box;
  await emit(done(0), { paths });
  const agent = box.start(process.execPath, [ATTACHED, 'b'], { stdio: ['pipe', 'pipe', 'pipe'] });
  await agent.says(/attached/);
  agent.child.stdin?.write('leave\n');
  assert.equal((await agent.ended).code, 0);
  await emit(done(1), { paths });
  const [event] = await waitFor({
    match: ['fields.n!=0'],
    since: '0'.repeat(26),
    paths,
    timeout: 20_000,
  });
  assert.equal(event?.event_type, 'agent_finished');
  const { stdout } = await box.run(['status', '--json']);
  assert.equal((JSON.parse(stdout) as { events: number }).events, 2);
});

test('an attachment outlives the daemon: its will is known to the next one', async () => {
  await using box = new Sandbox();
  const { paths } = box;
  const attachment = await attach(
    'survivor',
    { ...done(1), event_type: 'agent_failed' },
    { paths },
  );
  process.kill(await daemonPid(box), 'SIGKILL');
  const attached = async (): Promise<boolean> => {
    const { stdout } = await box.run(['status', '--json']);
    return (JSON.parse(stdout) as { attached?: string[] }).attached?.includes('survivor') === true;
  };
  // Bounded by the runner; each round is a whole process.
  while (!(await attached()));
  await attachment.detach();
  const { stdout } = await box.run(['status', '--json']);
  assert.deepEqual((JSON.parse(stdout) as { attached: string[] }).attached, []);
});

test('the client library loads no native code', async () => {
  await using box = new Sandbox();
  const script = `
    await import('waitbus');
    const { report } = process;
    const loaded = report.getReport().sharedObjects.filter((path) => path.endsWith('.node'));
    if (loaded.length > 0) { console.log(loaded.join()); process.exit(1); }`;
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  const ended = await box.start(process.execPath, ['--input-type=module', '-e', script], { cwd })
    .ended;
  assert.equal(ended.code, 0, ended.stdout + ended.stderr);
});
