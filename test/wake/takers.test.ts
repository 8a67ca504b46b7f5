/** Takers as processes of their own, and a real daemon: killed, frozen, two at once. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { emit, listWakes, registerWatch, takeWakes } from 'waitbus';
import { LIMIT_MS } from '../agent/heard.js';
import { REPO, Sandbox, type Running } from '../support/sandbox.js';

const NAME = 'codex:0199';
const WATCH = { name: NAME, match: ['event_type="agent_finished"'] };

const taker = (box: Sandbox, count: number, then: 'hold' | 'woke') =>
  box.start(process.execPath, [
    join(REPO, 'test', 'fixtures', 'taker.mjs'),
    NAME,
    String(count),
    then,
  ]);

async function send({ paths }: Sandbox, count = 1): Promise<string[]> {
  const event = { source: 'agent', event_type: 'agent_finished' };
  const receipt = await emit(
    Array.from({ length: count }, () => event),
    { paths },
  );
  return receipt.results.map(({ event_id: id }) => id);
}

async function take({ paths }: Sandbox, timeoutMs = LIMIT_MS): Promise<string[]> {
  const taken = await takeWakes(NAME, { paths, timeoutMs });
  await taken.woke();
  taken.close();
  return taken.events.map(({ event_id: id }) => id);
}

async function watched(): Promise<{ box: Sandbox; daemon: Running }> {
  const box = new Sandbox();
  const daemon = await box.daemon();
  await registerWatch(WATCH, { paths: box.paths });
  return { box, daemon };
}

/** The states of all, the oldest first. */
const states = async ({ paths }: Sandbox) =>
  (await listWakes(NAME, { paths })).map(({ state }) => state).reverse();

test('two takers at once, and a daemon killed under them: each event wakes exactly once', async (t) => {
  const { box, daemon } = await watched();
  await using _ = box;
  const takers = [taker(box, 1000, 'woke'), taker(box, 1000, 'woke')];
  await Promise.all(takers.map((one) => one.says(/ready/)));
  const sent = await send(box, 30);
  await Promise.race(takers.map((one) => one.says(/said (?:[^]*said){4}/)));
  daemon.child.kill('SIGKILL');
  await daemon.ended;
  // Whoever needs a daemon starts one.
  sent.push(...(await send(box, 10)));
  for (let woke = 0; woke < sent.length;) {
    woke = (await states(box)).filter((state) => state === 'woke').length;
  }
  for (const { child } of takers) child.kill('SIGKILL');
  const said = (await Promise.all(takers.map(({ ended }) => ended))).map(({ stdout }) =>
    [...stdout.matchAll(/^said (\S+)$/gm)].map(([, id]) => id),
  );
  t.diagnostic(`${said.map((ids) => ids.length).join(' and ')} said to have woken`);
  const all = said.flat();
  assert.equal(new Set(all).size, all.length, 'none twice');
  // At the kill one of each taker may be stored as woke without its answer.
  const unsaid = sent.filter((id) => !all.includes(id));
  assert.ok(unsaid.length <= takers.length, unsaid.join());
  assert.deepEqual(await take(box, 0), []);
});

test('a taker that is killed with an event in its hand leaves it to the next', async () => {
  const { box } = await watched();
  await using _ = box;
  const first = taker(box, 1, 'hold');
  await first.says(/ready/);
  const [id] = await send(box);
  await first.says(new RegExp(`hold ${id}`));
  assert.deepEqual(await states(box), ['delivered']);
  assert.deepEqual(await take(box, 0), []);
  first.child.kill('SIGKILL');
  assert.deepEqual(await take(box), [id]);
  assert.deepEqual(await states(box), ['woke']);
});

test('a frozen taker keeps what it has, and only that; once it is dead it is given on', async () => {
  const { box } = await watched();
  await using _ = box;
  const [one] = await send(box);
  const frozen = taker(box, 1, 'hold');
  await frozen.says(new RegExp(`hold ${one}`));
  frozen.child.kill('SIGSTOP');
  const [two] = await send(box);
  assert.deepEqual(await take(box), [two]);
  assert.deepEqual(await states(box), ['delivered', 'woke']);
  frozen.child.kill('SIGKILL');
  assert.deepEqual(await take(box), [one]);
});

test('a daemon killed between delivered and woke gives again; after woke it does not', async () => {
  const { box, daemon } = await watched();
  await using _ = box;
  const { paths } = box;
  const [one, two] = await send(box, 2);
  const first = await takeWakes(NAME, { paths, timeoutMs: 0, max: 1 });
  await first.woke();
  const second = await takeWakes(NAME, { paths, timeoutMs: 0 });
  assert.deepEqual(
    [...first.events, ...second.events].map(({ event_id: id }) => id),
    [one, two],
  );
  daemon.child.kill('SIGKILL');
  await daemon.ended;
  await assert.rejects(second.woke(), { code: 'WAITBUS_UNREACHABLE' });
  await box.daemon();
  assert.deepEqual(await states(box), ['woke', 'matched']);
  assert.deepEqual(await take(box, 0), [two]);
  first.close();
});

test('a take that waits comes back to a daemon that died meanwhile', async () => {
  const { box, daemon } = await watched();
  await using _ = box;
  const waiting = taker(box, 1, 'woke');
  await waiting.says(/ready/);
  daemon.child.kill('SIGKILL');
  await daemon.ended;
  const [id] = await send(box);
  assert.match((await waiting.ended).stdout, new RegExp(`said ${id}`));
});
