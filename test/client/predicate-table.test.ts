/** One table of specs and clauses, the same for the daemon, the library and the Python client. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { compile, parsePredicate } from '@waitbus/kernel/predicate';
import { parseJson, stringifyJson } from '@waitbus/plugin-sdk/envelope';
import { subscribe, waitFor, WaitbusError, type EventFrame } from 'waitbus';
import { parseClause } from '../../cli/src/client/wait-state.js';
import { run, skip } from '../python/python.js';
import { Sandbox } from '../support/sandbox.js';

interface Table {
  readonly event: object;
  readonly valid: readonly (readonly [string, boolean])[];
  readonly invalid: readonly string[];
  readonly clauses: readonly (readonly [string, readonly string[] | null])[];
}

const text = readFileSync(new URL('../fixtures/predicates.json', import.meta.url), 'utf8');
const table = parseJson(text) as Table;
const END = { source: 'agent', event_type: 'agent_failed', fields: { end: true } };

/** The event and then one more, which ends a wait that the first did not. */
async function emitted(box: Sandbox): Promise<EventFrame> {
  await box.daemon();
  const lines = [table.event, END].map((event) => `${stringifyJson(event)}\n`).join('');
  const { code, stderr } = await box.run(['emit', '--json', '-'], lines);
  assert.equal(code, 0, stderr);
  const at = { paths: box.paths, since: 'start', source: 'agent' };
  const [event] = await waitFor(at);
  assert.ok(event);
  return event;
}

test('the daemon and the library make the same of every spec of the table', async () => {
  await using box = new Sandbox();
  const event = await emitted(box);
  const subject = event as unknown as Record<string, unknown>;
  for (const [spec, holds] of table.valid) {
    assert.equal(compile(parsePredicate([spec]))(subject), holds, spec);
    const firstOf = [`agent:${spec}`, 'agent:event_type="agent_failed" fields.end=true'];
    const [first] = await waitFor({ paths: box.paths, since: 'start', firstOf });
    assert.equal(first?.event_id === event.event_id, holds, `the daemon: ${spec}`);
  }
  for (const spec of table.invalid) {
    const quoted = (error: unknown) =>
      error instanceof WaitbusError &&
      error.code === 'WAITBUS_BAD_PREDICATE' &&
      error.message.includes(`'${spec}'`) &&
      / at character \d+: /.test(error.message);
    assert.throws(() => parsePredicate([spec]), quoted, spec);
    const frames = subscribe({ paths: box.paths, match: [spec] });
    await assert.rejects(async () => {
      for await (const frame of frames) assert.fail(JSON.stringify(frame));
    }, quoted);
  }
});

test('the library splits every clause of the table', () => {
  for (const [clause, specs] of table.clauses) {
    if (specs === null) assert.throws(() => parseClause(clause), /bad (clause|predicate)/, clause);
    else {
      const found = parseClause(clause).predicates.map((spec) => spec.trim());
      assert.deepEqual(found, specs, clause);
    }
  }
});

test('the Python client makes the same of the table', { skip }, async () => {
  await using box = new Sandbox();
  const event = await emitted(box);
  const program = `
table = json.loads(sys.argv[1])
own = waitbus.wait_for(source="agent", since="start")[0]
for spec, holds in table["valid"]:
    assert waitbus._test_of([spec])(own) is holds, spec
    end = 'agent:event_type="agent_failed" fields.end=true'
    first = waitbus.wait_for(first_of=["agent:" + spec, end], since="start")[0]
    assert (first["event_id"] == own["event_id"]) is holds, "the daemon: " + spec
    if holds:
        both = waitbus.wait_for(all_of=["agent:" + spec, end], since="start")
        assert len(both) == 2, spec
for spec in table["invalid"]:
    try:
        waitbus._test_of([spec])
        raise SystemExit("taken: " + spec)
    except waitbus.WaitbusError as error:
        assert error.code == "WAITBUS_BAD_PREDICATE" and "'%s'" % spec in error.message, error
for text, specs in table["clauses"]:
    try:
        found = [spec.strip() for spec in waitbus._Clause.parse(text).predicates]
    except waitbus.WaitbusError:
        found = None
    assert found == specs, (text, found)
print(own["event_id"])`;
  const { code, stdout, stderr } = await run(box, program, text);
  assert.equal(code, 0, stderr);
  assert.equal(stdout.trim(), event.event_id);
});

test('a clause of several predicates ends a wait by the event that meets all of them', async () => {
  await using box = new Sandbox();
  await box.daemon();
  const clause = 'agent: event_type="agent_failed" fields.msg_from="alice"';
  const waiting = box.waitbus(['wait', '--first-of', clause, '--json', '--ready-fd', '1']);
  await waiting.says(/^ready$/m);
  for (const [type, from] of [
    ['agent_failed', 'bob'],
    ['agent_finished', 'alice'],
    ['agent_failed', 'alice'],
  ] as const)
    await box.run([
      'emit',
      '--source',
      'agent',
      '--event-type',
      type,
      '--field',
      `msg_from=${from}`,
    ]);
  const { code, stdout } = await waiting.ended;
  assert.equal(code, 0);
  assert.match(stdout, /"event_type":"agent_failed".*"msg_from":"alice"/);
});
