/** What a source's process is told of its waiters: who came and who left, within bounds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HostMessage, Waiter } from '@waitbus/plugin-sdk';
import { Demand, MAX_WAITERS_BYTES } from '../../cli/src/host/demand.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));

function waiter(id: number, bytes = 0): Waiter {
  const anyOf = [[{ key: 'fields.a', op: '=', value: 'x'.repeat(bytes) } as const]];
  return { id, cwd: '/one', filters: [], anyOf, env: {} };
}

function stage() {
  const sent: HostMessage[] = [];
  const demand = new Demand((message) => sent.push(message));
  const told = () => sent.flatMap((message) => (message.type === 'waiters' ? [message] : []));
  return { demand, told };
}

test('those who come and go in one turn are one message, after the roots', async () => {
  const { demand, told } = stage();
  demand.addWaiter(waiter(1));
  demand.addWaiter(waiter(2));
  demand.removeWaiter(1);
  demand.setRoots(['/one']);
  await turn();
  assert.deepEqual(told(), [{ type: 'waiters', came: [waiter(2)], left: [] }]);
  demand.removeWaiter(2);
  demand.addWaiter(waiter(3));
  await turn();
  assert.deepEqual(told()[1], { type: 'waiters', came: [waiter(3)], left: [2] });
});

test('a run that starts is told of everybody, and not a second time', async () => {
  const { demand, told } = stage();
  demand.addWaiter(waiter(1));
  assert.deepEqual(demand.messages(), [
    { type: 'roots', generation: 0, roots: [] },
    { type: 'waiters', came: [waiter(1)], left: [] },
  ]);
  await turn();
  assert.deepEqual(told(), []);
});

test('what waiters ask for is bounded: who comes beyond it waits for anything', async () => {
  const { demand, told } = stage();
  const each = 60_000;
  const fit = Math.floor(MAX_WAITERS_BYTES / (each + 200));
  for (let id = 1; id <= fit + 2; id += 1) demand.addWaiter(waiter(id, each));
  await turn();
  const came = told().flatMap((message) => message.came);
  assert.deepEqual(
    came.map(({ id }) => id),
    Array.from({ length: fit + 2 }, (_, at) => at + 1),
  );
  assert.ok(JSON.stringify(came).length <= MAX_WAITERS_BYTES + 1000);
  assert.deepEqual(came.at(-1), { id: fit + 2, cwd: null, filters: [], anyOf: [[]], env: null });
  for (const message of told()) assert.ok(JSON.stringify(message).length < 320 * 1024);
});
