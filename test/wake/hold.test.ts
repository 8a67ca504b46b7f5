/** What a hook gets for its session: fenced, within its budget, and never an error. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emit, listWakes, registerWatch } from 'waitbus';
import { DEFAULT_BUDGET, eventsAtOnce, mayWake, parseBudget } from '../../cli/src/wake/budget.js';
import { holdForWake } from '../../cli/src/wake/hold.js';
import { Sandbox } from '../support/sandbox.js';

const NAME = 'claude:1';
const AGENT = { source: 'agent', event_type: 'agent_finished' };

async function watched(): Promise<Sandbox> {
  const box = new Sandbox();
  await box.daemon();
  await registerWatch({ name: NAME, match: ['event_type^="agent_"'] }, { paths: box.paths });
  return box;
}

test('several events are one wake, given again until it is confirmed', async () => {
  await using box = await watched();
  const { paths } = box;
  await emit([AGENT, { ...AGENT, event_type: 'agent_failed' }], { paths });
  const first = await holdForWake({ name: NAME, holdMs: 0 }, { paths });
  assert.match(String(first?.text), /2 events[^]*agent_finished[^]*agent_failed/);
  assert.equal(await holdForWake({ name: NAME, holdMs: 0 }, { paths }), null, 'in a hand');
  first?.close();
  const second = await holdForWake({ name: NAME, holdMs: 10_000 }, { paths });
  assert.equal(second?.text, first?.text);
  await second?.confirm();
  assert.equal(await holdForWake({ name: NAME, holdMs: 50 }, { paths }), null);
});

test('a budget counts wakes, not events, and a flood does not hide them', async () => {
  await using box = await watched();
  const { paths } = box;
  const budget = { wakes: 1, windowMs: 3_600_000 };
  const hold = () => holdForWake({ name: NAME, holdMs: 0, budget }, { paths });
  await emit([AGENT, AGENT], { paths });
  await (await hold())?.confirm();
  const flood = Array.from({ length: 1000 }, () => AGENT);
  await emit(flood, { paths });
  assert.equal(await hold(), null);
  const more = await holdForWake(
    { name: NAME, holdMs: 0, budget: { ...budget, wakes: 2 } },
    { paths },
  );
  assert.notEqual(more, null);
  more?.close();
});

test('what has no room in the text is there for the next hook', async () => {
  await using box = await watched();
  const { paths } = box;
  const fields = { msg_body: 'z'.repeat(900) };
  await emit(
    [1, 2, 3].map(() => ({ ...AGENT, fields })),
    { paths },
  );
  const first = await holdForWake({ name: NAME, holdMs: 0, maxBytes: 2048 }, { paths });
  assert.match(String(first?.text), /more, left out for their length/);
  await first?.confirm();
  const left = (await listWakes(NAME, { paths })).filter(({ state }) => state !== 'woke');
  assert.ok(left.length > 0);
  // The daemon hears in its turn that the first has gone.
  const second = await holdForWake({ name: NAME, holdMs: 10_000 }, { paths });
  assert.match(String(second?.text), new RegExp(String(left.at(-1)?.event_id)));
  second?.close();
});

test('without a daemon, without a watch, and with a frozen daemon there is nothing', async () => {
  await using box = new Sandbox();
  const { paths } = box;
  const hold = () => holdForWake({ name: NAME, holdMs: 0 }, { paths });
  assert.equal(await hold(), null);
  assert.equal((await box.run(['status'])).code, 1, 'it started one');
  const daemon = await box.daemon();
  assert.equal(await hold(), null);
  daemon.child.kill('SIGSTOP');
  assert.equal(await hold(), null);
  daemon.child.kill('SIGCONT');
});

test('a budget is so many wakes in a time', () => {
  assert.deepEqual(parseBudget('20/1h'), DEFAULT_BUDGET);
  assert.deepEqual(parseBudget('5/10m'), { wakes: 5, windowMs: 600_000 });
  for (const text of ['', '5', '5/0m', '5/1s', '-1/1h', '1000/1h']) {
    assert.equal(parseBudget(text), null, text);
  }
  const budget = { wakes: 2, windowMs: 100 };
  assert.equal(mayWake(budget, [900, 950], 1000), true, 'one of them is out of the window');
  assert.equal(mayWake(budget, [901, 950], 1000), false);
  assert.equal(mayWake(budget, [2000, 950], 1000), true, 'a clock that was set back');
  assert.equal(mayWake({ wakes: 0, windowMs: 100 }, [], 1000), false);
  for (const wakes of [0, 1, 20, 999]) {
    assert.ok(eventsAtOnce({ wakes, windowMs: 1 }) * wakes <= 1000);
  }
});
