import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Sandbox } from './support/sandbox.js';

test('the same emit with the same delivery id is one event', async () => {
  await using box = new Sandbox();
  const emit = [
    'emit',
    '--source',
    'agent',
    '--event-type',
    'agent_finished',
    '--delivery-id',
    'k',
  ];
  const first = await box.run(emit);
  const second = await box.run(emit);
  assert.equal(first.code, 0, first.stderr);
  const [a, b] = [first, second].map(({ stdout }) => JSON.parse(stdout) as Record<string, unknown>);
  assert.equal(a?.['inserted'], true);
  assert.deepEqual(b, { event_id: a?.['event_id'], inserted: false });
});
