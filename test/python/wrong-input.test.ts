/** What the Python client makes of wrong input: the codes and remedies of the one table. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ERRORS, type ErrorCode } from 'waitbus';
import { logged } from '../agent/heard.js';
import { Sandbox } from '../support/sandbox.js';
import { answer, run, skip } from './python.js';

const WRONG: readonly (readonly [string, string])[] = [
  ['emit({"source": "agent"})', 'WAITBUS_BAD_EVENT event_type is missing'],
  ['emit([3])', 'WAITBUS_BAD_EVENT the event must be a mapping'],
  [
    'emit({"source": "agent", "event_type": "X"})',
    "WAITBUS_BAD_EVENT event_type 'X' does not match",
  ],
  ['emit({"source": "agent", "event_type": "x", "more": 1})', 'WAITBUS_BAD_EVENT "more" is not'],
  ['emit({**E, "fields": {"a": float("nan")}})', 'WAITBUS_BAD_EVENT the event cannot be written'],
  ['emit({**E, "fields": {"a": {1}}})', 'WAITBUS_BAD_EVENT the event cannot be written'],
  ['emit({**E, "summary": "\\ud800"})', 'WAITBUS_BAD_EVENT the event cannot be written'],
  ['emit({**E, "received_at": 2**63})', 'WAITBUS_BAD_EVENT received_at must be'],
  ['emit({**E, "received_at": 5})', 'WAITBUS_BAD_EVENT received_at must be'],
  ['emit({**E, "received_at": time.time()})', 'WAITBUS_BAD_EVENT received_at must be'],
  ['emit({**E, "received_at": True})', 'WAITBUS_BAD_EVENT received_at must be'],
  ['emit({**E, "fields": {"a": deep(5000)}})', 'WAITBUS_BAD_EVENT fields is nested deeper'],
  ['emit({**E, "payload": deep(5000)})', 'WAITBUS_BAD_EVENT the event cannot be written'],
  ['emit({**E, "fields": {str(n): n for n in range(257)}})', 'WAITBUS_BAD_EVENT fields has over'],
  ['emit({**E, "payload": "x" * (10 * 1024 * 1024)})', 'WAITBUS_BAD_EVENT payload is larger'],
  ['emit({**E, "source": "nope"})', 'WAITBUS_UNKNOWN_SOURCE source nope is not installed'],
  ['wait_for(match="fields.n=x")', "WAITBUS_BAD_PREDICATE bad predicate 'fields.n=x'"],
  ['wait_for(all_of=["agent"])', "WAITBUS_BAD_PREDICATE bad clause 'agent'"],
  ['wait_for(all_of=["agent:n=x"])', "WAITBUS_BAD_PREDICATE bad predicate 'n=x'"],
  ['wait_for(source="nope")', 'WAITBUS_UNKNOWN_SOURCE source nope is not installed'],
  ['wait_for(since="yesterday")', "WAITBUS_BAD_CURSOR since: 'yesterday'"],
  ['wait_for(timeout=-1)', 'WAITBUS_BAD_REQUEST timeout: -1'],
  ['wait_for(timeout=float("nan"))', 'WAITBUS_BAD_REQUEST timeout: nan'],
  ['wait_for(count=0)', 'WAITBUS_BAD_REQUEST count: 0'],
  ['list(waitbus.subscribe(filters="???"))', 'WAITBUS_BAD_REQUEST '],
  ['send("bob", "hi")', 'WAITBUS_BAD_NAME it is not said who you are'],
  ['send("b b", "hi", sender="al")', 'WAITBUS_BAD_NAME "b b" is not a name'],
  ['send("bob", "", sender="al")', 'WAITBUS_BAD_MESSAGE there is no text'],
  ['send("bob", "x" * 1048577, sender="al")', 'WAITBUS_BAD_MESSAGE the text has 1048577 bytes'],
  ['request("bob", "\\ud800", sender="al")', 'WAITBUS_BAD_MESSAGE the text has a lone surrogate'],
  ['respond("", print)', 'WAITBUS_BAD_NAME "" is not a name'],
  ['claim("", name="al")', 'WAITBUS_BAD_REQUEST a path is text'],
];

test('wrong input is refused with a code and a remedy', { skip }, async () => {
  await using box = new Sandbox();
  const program = `
from waitbus import *
E = {"source": "agent", "event_type": "agent_finished"}
def deep(levels):
    value = []
    for _ in range(levels):
        value = [value]
    return value
for call in json.loads(sys.argv[1]):
    try:
        print("nothing was raised by", call, eval(call))
    except WaitbusError as error:
        print(error.code, error.message.replace("\\n", " "))
        assert error.remedy or error.code == "WAITBUS_BAD_REQUEST", call`;
  const { code, stdout, stderr } = await run(
    box,
    program,
    JSON.stringify(WRONG.map(([call]) => call)),
  );
  assert.equal(code, 0, stderr);
  const lines = stdout.trimEnd().split('\n');
  for (const [at, [call, said]] of WRONG.entries()) {
    assert.ok(lines[at]?.startsWith(said), `${call}: ${lines[at]}`);
  }
  assert.deepEqual(await logged(box), []);
});

test('its remedies are those of the table', { skip }, async () => {
  await using box = new Sandbox();
  const remedies = await answer(box, 'print(json.dumps(waitbus.REMEDIES))');
  for (const [code, remedy] of Object.entries(remedies as Record<string, string>)) {
    assert.equal(remedy, ERRORS[code as ErrorCode].remedy, code);
  }
});
