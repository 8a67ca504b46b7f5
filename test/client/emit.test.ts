/** The client library as a program uses it: emit, and that the library loads no native code. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { emit, waitFor } from 'waitbus';
import { Sandbox } from '../support/sandbox.js';
import { done, hasCode } from './done-signal-code.js';

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
