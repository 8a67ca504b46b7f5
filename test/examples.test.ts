/** What the README and the docs show as runnable does run. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { REPO, Sandbox } from './support/sandbox.js';

test('the example of the README hears a failure', async () => {
  await using box = new Sandbox();
  const example = box.start(process.execPath, [join(REPO, 'docs/examples/hear-failures.mjs'), '1']);
  await example.says(/listening/);
  const event = ['--source', 'agent', '--event-type', 'agent_failed', '--summary', 'it broke'];
  await box.run(['emit', ...event, '--field', 'conclusion=failure']);
  const { code, stdout } = await example.ended;
  assert.equal(code, 0);
  assert.match(stdout, /agent agent_failed: it broke/);
});

test('the demo shows four waits being woken', async () => {
  await using box = new Sandbox();
  const { code, stdout, stderr } = await box.run(['demo']);
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /of 4 happened/);
  assert.ok(!stdout.includes('\u001b'), 'no colours when piped');
});
