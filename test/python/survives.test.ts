/** The Python client when the daemon is killed, in bursts, and together with programs of Node. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { claim, emit, present, request, respond, WaitbusError, type EventFrame } from 'waitbus';
import { gone, heard, heardOne, LIMIT_MS, logged } from '../agent/heard.js';
import { daemonPid } from '../cli/verbs.js';
import { signal } from '../client/done-signal-code.js';
import { Sandbox } from '../support/sandbox.js';
import { answer, skip, start } from './python.js';

const KILLS = 3;

/** Of one that serves; a client that comes while it dies would be answered by neither. */
async function killDaemon(box: Sandbox): Promise<void> {
  await present({ paths: box.paths });
  const pid = await daemonPid(box);
  process.kill(pid, 'SIGKILL');
  await gone(pid);
}

const numbers = (events: readonly EventFrame[]) => events.map(({ fields }) => fields['n']);
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

for (const way of ['subscribe', 'asubscribe']) {
  test(
    `${way} gives each of a burst once, in order, over kills of the daemon`,
    { skip },
    async () => {
      await using box = new Sandbox();
      const { paths } = box;
      const reader = `
count, seen = int(sys.argv[1]), []
armed = lambda: print("armed")
def take(event):
    seen.append(event["fields"]["n"])
    if len(seen) % 1000 == 0:
        print("seen", len(seen))
    if len(seen) == count:
        print(json.dumps(seen))
        return True
def subscribe():
    for event in waitbus.subscribe("fields.n>=0", sources="agent", on_armed=armed):
        if take(event): return
async def asubscribe():
    async for event in waitbus.asubscribe("fields.n>=0", sources="agent", on_armed=armed):
        if take(event): return
${way === 'subscribe' ? 'subscribe()' : 'asyncio.run(asubscribe())'}`;
      const count = 1000 * (KILLS + 1);
      const running = start(box, reader, `${count}`);
      await running.says(/armed/);
      for (let round = 0; round <= KILLS; round += 1) {
        const events = upTo(1000).map((n) => ({
          source: 'agent',
          event_type: 'agent_finished',
          fields: { n: round * 1000 + n },
        }));
        await emit(events, { paths });
        // Some time after the first of them were seen, or before.
        if (round < KILLS) await killDaemon(box);
      }
      const { code, stdout, stderr } = await running.ended;
      assert.equal(code, 0, stderr);
      assert.deepEqual(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''), upTo(count));
    },
  );
}

test('what it emits while the daemon is killed is stored once each', { skip }, async () => {
  await using box = new Sandbox();
  const writer = `
for n in range(400):
    receipt = waitbus.emit({"source": "agent", "event_type": "agent_finished", "fields": {"n": n}})
    assert receipt["results"] or receipt["spooled"], receipt
    if n % 100 == 50:
        print("at", n)`;
  const running = start(box, writer);
  for (const at of [50, 150, 250]) {
    await running.says(new RegExp(`at ${at}`));
    await killDaemon(box);
  }
  assert.equal((await running.ended).code, 0, (await running.ended).stderr);
  const events = await heard(box, ['fields.n>=0'], 400);
  assert.deepEqual(
    numbers(events).sort((a, b) => Number(a) - Number(b)),
    upTo(400),
  );
  assert.equal((await logged(box)).length, 400);
});

const RESPONDER = `
def handle(body, event):
    if body == "fail":
        raise ValueError("cannot do that")
    if body == "hang":
        print("hanging")
        time.sleep(3600)
    return "" if body == "nothing" else body + "!"
waitbus.respond("py", handle, on_ready=lambda: print("ready"))`;

test('Node asks Python, over a kill of the daemon; what fails is told', { skip }, async () => {
  await using box = new Sandbox();
  const { paths } = box;
  const running = start(box, RESPONDER);
  await running.says(/ready/);
  const ask = (body: string) => request({ to: 'py', from: 'node', body, paths, timeout: LIMIT_MS });
  const told = async (body: string) => {
    const { fields } = await ask(body);
    return [fields['msg_body'], fields['conclusion']];
  };
  assert.deepEqual(await told('one'), ['one!', undefined]);
  assert.deepEqual(await told('fail'), ['cannot do that', 'failure']);
  assert.deepEqual(await told('nothing'), ['there is no text', 'failure']);
  await killDaemon(box);
  assert.deepEqual(await told('two'), ['two!', undefined]);
  const many = await Promise.all(upTo(50).map((n) => told(`q${n}`)));
  assert.deepEqual(
    many,
    upTo(50).map((n) => [`q${n}!`, undefined]),
  );
  const hanging = ask('hang');
  await running.says(/hanging/);
  running.child.kill('SIGKILL');
  await assert.rejects(
    hanging,
    (error) => error instanceof WaitbusError && error.code === 'WAITBUS_AGENT_GONE',
  );
});

test('a responder goes on where it stood, and ends without its will', { skip }, async () => {
  await using box = new Sandbox();
  const { paths } = box;
  const program = `
stop = threading.Event()
def handle(body, event):
    if body == "stop":
        stop.set()
    print("handled", body)
    return "done " + body
waitbus.respond("py", handle, stop=stop, on_ready=lambda: print("ready"))`;
  const first = start(box, program);
  await first.says(/ready/);
  const ask = (body: string) => request({ to: 'py', from: 'al', body, paths, timeout: LIMIT_MS });
  await ask('stop');
  assert.equal((await first.ended).code, 0, (await first.ended).stderr);
  // Asked while nobody is there.
  const answered = ask('later');
  await heardOne(box, 'fields.msg_body="later"');
  const second = start(box, program);
  assert.equal((await answered).fields['msg_body'], 'done later');
  await ask('stop');
  const { stdout } = await second.ended;
  assert.deepEqual(stdout.match(/handled \w+/g), ['handled later', 'handled stop']);
  assert.deepEqual(await logged(box, 'event_type="agent_failed"'), []);
});

test('Python asks Node; it is told of a limit, and of a death', { skip }, async () => {
  await using box = new Sandbox();
  const { paths } = box;
  const [ready, stop] = [signal(), new AbortController()];
  const never = new Promise<string>(() => undefined);
  const responding = respond(
    { as: 'node', paths, signal: stop.signal, onReady: ready.happen },
    (body) => (body === 'hang' ? never : `node heard ${body}`),
  );
  await ready.happened;
  const asked = `print(json.dumps(waitbus.request("node", sys.argv[1], sender="py", timeout=60)["fields"]["msg_body"]))`;
  assert.equal(await answer(box, asked, 'hi'), 'node heard hi');
  stop.abort();
  await responding;
  const late = `
try:
    waitbus.request("nobody", "hi", sender="py", timeout=0.5)
except waitbus.WaitTimeout as error:
    print(json.dumps(error.outstanding))`;
  assert.deepEqual(await answer(box, late), ['an answer of nobody to py']);
  const responder = start(box, RESPONDER);
  await responder.says(/ready/);
  const asking = start(
    box,
    `
try:
    waitbus.request("py", "hang", sender="other", timeout=60)
except waitbus.WaitbusError as error:
    print(error.code, error.message)`,
  );
  await responder.says(/hanging/);
  responder.child.kill('SIGKILL');
  assert.match(
    (await asking.ended).stdout,
    /^WAITBUS_AGENT_GONE py ended before it answered: py died/,
  );
});

test(
  'a claim of Python and one of Node exclude each other, over a kill of the daemon',
  { skip },
  async () => {
    await using box = new Sandbox();
    const { paths, work } = box;
    const program = `
with waitbus.claim("src", name="py") as held:
    print("holds", held.path)
    sys.stdin.readline()
    assert not held.lost
print("released")`;
    const holder = start(box, program.replace('sys.stdin.readline()', 'time.sleep(3600)'));
    await holder.says(/holds/);
    await killDaemon(box);
    const mine = { path: 'src/main.c', as: 'node', cwd: work, paths };
    await assert.rejects(
      claim(mine),
      (error) => error instanceof WaitbusError && /claimed by py/.test(error.message),
    );
    const waiting = claim({ ...mine, wait: true, timeout: LIMIT_MS });
    holder.child.kill('SIGKILL');
    const taken = await waiting;
    assert.equal((await heardOne(box, 'event_type="agent_release"')).fields['reason'], 'died');
    const refused = `
try:
    waitbus.claim("src", name="py")
except waitbus.WaitbusError as error:
    print(error.code, error.message)`;
    const { stdout } = await start(box, refused).ended;
    assert.match(stdout, /^WAITBUS_CLAIMED .*main.c is claimed by node/);
    const next = start(box, program.replace('"py")', '"py", wait=True, timeout=60)'));
    await heardOne(box, 'fields.msg_from="node"', 'event_type="agent_claim"');
    await taken.release();
    const { code, stdout: said, stderr } = await next.ended;
    assert.equal(code, 0, stderr);
    assert.match(said, /holds .*src\nreleased\n$/);
    const releases = await logged(box, 'event_type="agent_release"', 'fields.msg_from="py"');
    assert.deepEqual(
      releases.map(({ fields }) => fields['reason']),
      ['died', 'released'],
    );
  },
);
