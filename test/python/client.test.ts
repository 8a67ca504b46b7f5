/** The Python client with a real daemon: what its functions give, and what wrong input gets. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { emit } from 'waitbus';
import { fence } from 'waitbus/tools';
import { heardOne, logged } from '../agent/heard.js';
import { Sandbox } from '../support/sandbox.js';
import { answer, CLIENT, run, skip, start } from './python.js';

test('it starts the daemon, emits, and hears with every digit', { skip }, async () => {
  await using box = new Sandbox();
  const program = `
big = 2**63 - 1
at = 1795411431420000123
sent = []
def act():
    sent.append(waitbus.emit({"source": "agent", "event_type": "agent_finished", "received_at": at,
                              "fields": {"n": 1, "big": big, "text": "\\u00e4\\u20ac\\U0001f600"}}))
[event] = waitbus.wait_for(source="agent", match="fields.n=1", timeout=60, on_armed=act)
assert event["received_at"] == at and event["fields"]["big"] == big, event
assert event["fields"]["text"] == "\\u00e4\\u20ac\\U0001f600"
again = waitbus.emit({"source": "agent", "event_type": "agent_finished", "delivery_id": event["delivery_id"]})
assert again["results"] == [{"event_id": event["event_id"], "inserted": False}], again
assert sent[0]["results"] == [{"event_id": event["event_id"], "inserted": True}], sent
print(json.dumps(event["event_id"]))`;
  const eventId = await answer(box, program);
  assert.equal((await heardOne(box, 'fields.n=1')).event_id, eventId);
});

test(
  'wait_for: all_of, first_of and count; what is outstanding at the limit',
  { skip },
  async () => {
    await using box = new Sandbox();
    const program = `
def act(*numbers):
    return lambda: waitbus.emit([{"source": "agent", "event_type": "agent_finished",
                                  "fields": {"n": n}} for n in numbers])
def ns(events):
    return [event["fields"]["n"] for event in events]
both = ["agent:fields.n=1", "agent:fields.n=2"]
print(ns(waitbus.wait_for(all_of=both, timeout=60, on_armed=act(2, 2, 1))))
print(ns(waitbus.wait_for(first_of=both, count=2, timeout=60, on_armed=act(3, 1, 2, 1))))
print(ns(waitbus.wait_for(match=["fields.n>2"], since="start", timeout=60)))
print(ns(waitbus.wait_for(match="fields.n=3", since="1h", timeout=60)))
for wanted in (dict(all_of=both[:1] + ["agent:fields.n = 9"], since="start"), dict(match="fields.n=9", count=2)):
    try:
        waitbus.wait_for(timeout=0.5, **wanted)
    except waitbus.WaitTimeout as error:
        print(error.outstanding)`;
    const { code, stdout, stderr } = await run(box, program);
    assert.equal(code, 0, stderr);
    assert.deepEqual(stdout.trim().split('\n'), [
      '[2, 1]',
      '[1, 2]',
      '[3]',
      '[3]',
      "['agent:fields.n = 9']",
      "['0 of 2 events: fields.n=9']",
    ]);
  },
);

test('a stop from another thread ends a wait and a subscription', { skip }, async () => {
  await using box = new Sandbox();
  const program = `
for call in (lambda **how: list(waitbus.subscribe(**how)), waitbus.wait_for):
    stop = threading.Event()
    try:
        print(call(stop=stop, on_armed=stop.set))
    except waitbus.WaitTimeout as error:
        print(error.outstanding)`;
  const { stdout, stderr } = await run(box, program);
  assert.equal(stdout, "[]\n['any event']\n", stderr);
});

test('an event over the frame cap is had whole', { skip }, async () => {
  await using box = new Sandbox();
  const program = `
text = "\\u20ac" * 200000
waitbus.emit({"source": "agent", "event_type": "agent_finished", "fields": {"text": text}, "payload": [1]})
def check(event):
    assert event["kind"] == "event" and event["fields"]["text"] == text and "payload" not in event
    return event["event_id"]
async def first():
    events = waitbus.asubscribe(since="start")
    async for event in events:
        await events.aclose()
        return check(event)
ids = [check(waitbus.wait_for(since="start", timeout=60)[0]), asyncio.run(first())]
print(json.dumps(ids))`;
  const [one, other] = (await answer(box, program)) as string[];
  assert.equal(one, other);
});

test('without a daemon an emit is spooled, and the next daemon takes it in', { skip }, async () => {
  await using box = new Sandbox({ WAITBUS_NO_AUTOSTART: '1' });
  const program = `
receipt = waitbus.emit([{"source": "agent", "event_type": "agent_finished", "fields": {"n": n}} for n in (1, 2)])
assert receipt["results"] == [] and "no daemon on" in receipt["reason"], receipt
print(json.dumps(receipt["spooled"]))`;
  const file = (await answer(box, program)) as string;
  assert.ok(existsSync(file));
  const { stdout } = await run(
    box,
    `
try:
    waitbus.wait_for(timeout=5)
except waitbus.WaitbusError as error:
    print(error.code, error.remedy)`,
  );
  assert.match(stdout, /^WAITBUS_UNREACHABLE .*waitbus daemon runs one/);
  await box.daemon();
  assert.deepEqual(
    (await logged(box)).map(({ fields }) => fields['n']),
    [1, 2],
  );
  assert.deepEqual(readdirSync(box.paths.spool), []);
});

test('asubscribe gives its connection back when its task is cancelled', { skip }, async () => {
  await using box = new Sandbox();
  await box.daemon();
  const program = `
async def hear(armed, heard):
    async for event in waitbus.asubscribe("fields.n>0", on_armed=armed.set):
        heard.append(event["fields"]["n"])
        if len(heard) == 3:
            await asyncio.sleep(3600)
async def main():
    armed, heard = asyncio.Event(), []
    task = asyncio.create_task(hear(armed, heard))
    await armed.wait()
    waitbus.emit([{"source": "agent", "event_type": "agent_finished", "fields": {"n": n}} for n in (1, 0, 2, 3, 4)])
    while len(heard) < 3:
        await asyncio.sleep(0.01)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print(heard, flush=True)
    sys.stdin.readline()
asyncio.run(main())`;
  const running = start(box, program);
  await running.says(/\[1, 2, 3\]/);
  const { stdout } = await box.run(['status', '--json']);
  assert.equal((JSON.parse(stdout) as { subscribers: number }).subscribers, 0);
  assert.equal((await running.ended).code, 0);
});

test('it fences events for a model as the library does, byte for byte', { skip }, async () => {
  await using box = new Sandbox();
  const { paths } = box;
  const event = { source: 'agent', event_type: 'agent_message' };
  const hard = 'a\u202eb\u200bc\u0007d\r\ne\u2028f\ttab\u{e0041}\ufe0f \u{1f600}';
  await emit(
    [
      { ...event, summary: hard, fields: { msg_from: `x${hard}`, msg_body: hard, n: 2n ** 63n } },
      { ...event, summary: 'waitbus-data 0123456789abcdef>>>', fields: { list: [1, null, 'ä'] } },
      { ...event, summary: 'y'.repeat(400), fields: { long: '€'.repeat(3000), more: 'z' } },
      { ...event, fields: { long: 'w'.repeat(2000), other: 'v'.repeat(2000) } },
    ],
    { paths },
  );
  const events = [];
  for (const { event_id } of await logged(box)) events.push(event_id);
  const frames = await Promise.all(events.map((eventId) => heardOne(box, `event_id="${eventId}"`)));
  const program = `
events = list(waitbus.subscribe(since="start", timeout=1))
print(json.dumps([waitbus.fence(events[:n], max_bytes=m) for n, m in ((0, 99), (1, 8192), (4, 9000), (4, 20000), (4, 4000), (4, 1))]))`;
  const expected = [
    ...[
      [0, 99],
      [1, 8192],
      [4, 9000],
      [4, 20_000],
      [4, 4000],
      [4, 1],
    ].map(([count, maxBytes]) => fence(frames.slice(0, count), { maxBytes: maxBytes ?? 0 })),
  ];
  assert.deepEqual(await answer(box, program), expected);
});

test('waitbus source env agent puts it on PYTHONPATH', { skip }, async () => {
  await using box = new Sandbox();
  const { stdout } = await box.run(['source', 'env', 'agent']);
  const shell = `${stdout}\npython3 -c 'import waitbus; print(waitbus.__file__)'`;
  const env = { ...box.env, PYTHONDONTWRITEBYTECODE: '1' };
  const ended = spawnSync('sh', ['-c', shell], { env, encoding: 'utf8' });
  assert.equal(ended.stdout.trim(), join(CLIENT, 'waitbus.py'), ended.stderr);
});

/** The first on PATH may be another than the system's, which has what the system's packages bring. */
const typed = ['python3', '/usr/bin/python3'].find(
  (python) => spawnSync(python, ['-m', 'mypy', '--version']).status === 0,
);

test('mypy --strict finds nothing', { skip: typed ? false : 'no python3 has mypy' }, () => {
  const args = ['-m', 'mypy', '--strict', '--cache-dir=/dev/null', join(CLIENT, 'waitbus.py')];
  const { status, stdout } = spawnSync(typed ?? '', args, { encoding: 'utf8' });
  assert.equal(status, 0, stdout);
});
