/**
 * A wait that is armed can match: what cannot come is said while arming, by every client, and ends the
 * wait with 2 when it never can.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitFor } from 'waitbus';
import { McpClient } from '../mcp/mcp-client.js';
import { answer, skip } from '../python/python.js';
import { Sandbox } from '../support/sandbox.js';
import { assertExit } from './verbs.js';

for (const [args, cause] of [
  [
    ['--source', 'fs', '--match', 'event_type="fs_chnage"'],
    /source fs: it has no event type fs_chnage; did you mean fs_change\?/,
  ],
  [
    ['--source', 'fs', '--match', 'fields.worfklow_name="a.txt"'],
    /source fs: none of .* has a field worfklow_name; did you mean workflow_name\?/,
  ],
  [
    ['--source', 'docker', '--match', 'fields.conclusion="failed"'],
    /source docker: fields\.conclusion is never "failed"[^]*it is one of success, failure, cancelled/,
  ],
  [
    ['--source', 'docker', '--match', 'fields.exit_code="1"'],
    /source docker: fields\.exit_code is an integer, which "1" is not/,
  ],
  [
    ['--source', 'pytest', '--match', 'event_type="pytest_test"', '--match', 'fields.total>1'],
    /source pytest: pytest_test has no field total; pytest_session has it/,
  ],
  [
    ['--source', 'fs', '--match', 'fields.source="docker"'],
    /what is asked for can only be of another source/,
  ],
  [
    [
      '--first-of',
      'fs: event_type="fs_chnage"',
      '--first-of',
      'docker: fields.conclusion="failed"',
    ],
    /source fs: it has no event type fs_chnage/,
  ],
  [
    ['--all-of', 'agent: event_type="agent_finished"', '--all-of', 'fs: event_type="fs_chnage"'],
    /source fs: it has no event type fs_chnage/,
  ],
] as const) {
  test(`wait ${args.join(' ')} ends with 2`, async () => {
    await using box = new Sandbox();
    const ended = await box.run(['wait', ...args]);
    assertExit(ended, 2);
    assert.match(ended.stderr, cause);
  });
}

test('one clause that cannot come is said, and the others are waited for', async () => {
  await using box = new Sandbox();
  const wait = box.waitbus([
    ...['wait', '--first-of', 'fs: event_type="fs_chnage"'],
    ...['--first-of', 'agent: event_type="agent_finished"'],
  ]);
  await wait.says(/it has no event type fs_chnage[^]*waiting for/);
  await box.run(['emit', '--source', 'agent', '--event-type', 'agent_finished']);
  assertExit(await wait.ended, 0);
});

test('what looks mistyped where programs emit what they like is said, and waited for', async () => {
  await using box = new Sandbox();
  const wait = box.waitbus(['wait', '--source', 'agent', '--match', 'event_type="agent_finishd"']);
  await wait.says(/it has no event type agent_finishd; did you mean agent_finished\?/);
  await wait.says(/waiting for/);
  await box.run(['emit', '--source', 'agent', '--event-type', 'agent_finishd']);
  assertExit(await wait.ended, 0);
});

test('a type of their own is nothing to be said', async () => {
  await using box = new Sandbox();
  const wait = box.waitbus(['wait', '--source', 'agent', '--match', 'event_type="deployed"']);
  await wait.says(/waiting for/);
  await box.run(['emit', '--source', 'agent', '--event-type', 'deployed']);
  const ended = await wait.ended;
  assertExit(ended, 0);
  assert.doesNotMatch(ended.stderr, /no event type/);
});

test('without a source, a type that only another spelling has is said', async () => {
  await using box = new Sandbox();
  const wait = box.waitbus(['wait', '--match', 'event_type="fs_chnage"']);
  await wait.says(/fs: it has no event type fs_chnage; did you mean fs_change\?/);
});

test('where nothing reports, a wait on pytest says so, and so does status', async () => {
  await using box = new Sandbox();
  const wait = box.waitbus(['wait', '--source', 'pytest']);
  await wait.says(/source pytest: nothing reports here yet[^\n]*; waitbus pytest -- -q/);
  await wait.says(/waiting for/);
  const status = await box.run(['status']);
  assert.match(status.stdout, /a wait in .*: nothing reports here yet/);
  assert.match(status.stdout, /pytest +\S+ +emit-only +emit-only/);
  const fields = ['--field', `cwd=${box.work}`, '--field', 'conclusion=success'];
  const session = ['--source', 'pytest', '--event-type', 'pytest_session', ...fields];
  await box.run(['emit', ...session]);
  const ended = await wait.ended;
  assertExit(ended, 0);
  assert.doesNotMatch(ended.stderr, /pytest is alive/);
  // It has reported by now.
  const next = box.waitbus(['wait', '--source', 'pytest']);
  await next.says(/waiting for/);
  await box.run(['emit', ...session]);
  const later = await next.ended;
  assertExit(later, 0);
  assert.doesNotMatch(later.stderr, /nothing reports/);
});

test('what the log holds is an answer, whatever else cannot come', async () => {
  await using box = new Sandbox();
  await box.run(['emit', '--source', 'pytest', '--event-type', 'of_before', '--field', 'x=1']);
  const ended = await box.run([
    ...['wait', '--source', 'pytest', '--match', 'event_type="of_before"', '--since', 'start'],
  ]);
  assertExit(ended, 0);
});

const WAIT = { source: 'fs', match: 'event_type="fs_chnage"' } as const;

test('the library rejects, and tells notes', async () => {
  await using box = new Sandbox();
  const notes: string[] = [];
  const wait = waitFor({ ...box, ...WAIT, cwd: box.work, onNote: ({ code }) => notes.push(code) });
  await assert.rejects(wait, { code: 'WAITBUS_CANNOT_MATCH', message: /fs_chnage/ });
  assert.deepEqual(notes, ['unknown_event_type']);
});

test('the tool wait is an error, and tells why nothing can come as things are', async () => {
  await using box = new Sandbox();
  await using client = await McpClient.connect(box);
  const answered = await client.call('wait', { ...WAIT, match: [WAIT.match], timeout_s: 30 });
  assert.equal(answered.isError, true);
  assert.match(answered.text, /WAITBUS_CANNOT_MATCH[^]*did you mean fs_change/);
  const late = await client.call('wait', { source: 'pytest', timeout_s: 1 });
  const { outcome, warnings, said } = late.data as Record<string, unknown>;
  assert.deepEqual([outcome, warnings], ['timeout', 1]);
  // In the words of the source, so within the fence.
  assert.match(String(said), /nothing reports here yet/);
  assert.match(late.text, /<<<waitbus-data[^]*nothing reports here yet/);
});

test('the Python client raises, and tells notes', { skip }, async () => {
  await using box = new Sandbox();
  await box.daemon();
  const said = await answer(
    box,
    `
notes = []
try:
    waitbus.wait_for(source="fs", match='event_type="fs_chnage"', timeout=60, on_note=notes.append)
except waitbus.WaitbusError as error:
    print(json.dumps([error.code, [note["code"] for note in notes]]))`,
  );
  assert.deepEqual(said, ['WAITBUS_CANNOT_MATCH', ['unknown_event_type']]);
});
