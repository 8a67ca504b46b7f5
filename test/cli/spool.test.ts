/** The spool: nothing is lost for want of a daemon. */
import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Sandbox } from '../support/sandbox.js';
import { AGENT, armedWait, assertExit, emitAgent } from './verbs.js';

const OFFLINE = { WAITBUS_NO_AUTOSTART: '1' };
const line = (n: number) =>
  `{"source":"agent","event_type":"agent_finished","fields":{"n":${n}}}\n`;

async function eventCount(box: Sandbox): Promise<number> {
  return (JSON.parse((await box.run(['status', '--json'])).stdout) as { events: number }).events;
}

/** Puts a file into the spool as the documents say: written beside, then renamed. */
function put(box: Sandbox, name: string, text: string): void {
  writeFileSync(join(box.paths.spool, `.tmp-${name}`), text);
  renameSync(join(box.paths.spool, `.tmp-${name}`), join(box.paths.spool, name));
}

test('without a daemon an emit is spooled: exit 0, the file named on stdout', async () => {
  await using box = new Sandbox(OFFLINE);
  const ended = await box.run(['emit', ...AGENT]);
  assertExit(ended, 0);
  const { spooled } = JSON.parse(ended.stdout) as { spooled: string };
  assert.deepEqual(readdirSync(box.paths.spool), [spooled.slice(box.paths.spool.length + 1)]);
  assert.match(ended.stderr, /spooled/);
});

test('a malformed event is refused and not spooled', async () => {
  await using box = new Sandbox(OFFLINE);
  assertExit(await box.run(['emit', '--source', 'agent', '--event-type', 'No']), 2);
  assert.equal(existsSync(box.paths.spool), false);
});

test('spooled events are delivered when the daemon comes up, in the order they were spooled', async () => {
  await using box = new Sandbox();
  for (const n of [1, 2, 3]) {
    await box.waitbus(['emit', ...AGENT, '--field', `n:=${n}`], { env: OFFLINE }).ended;
  }
  const args = ['wait', '--source', 'agent', '--since', 'start', '--count', '3', '--json'];
  const ended = await box.run(args);
  assertExit(ended, 0);
  const seen = ended.stdout
    .trimEnd()
    .split('\n')
    .map((text) => /"n":(\d)/.exec(text)?.[1]);
  assert.deepEqual(seen, ['1', '2', '3']);
  assert.equal(await eventCount(box), 3);
  assert.deepEqual(readdirSync(box.paths.spool), []);
});

test('an event that is spooled while the daemon runs wakes a waiter', async () => {
  await using box = new Sandbox();
  const wait = await armedWait(box, '--source', 'agent', '--match', 'fields.n=5');
  put(box, 'by-hand.ndjson', `${line(4)}${line(5)}`);
  assertExit(await wait.ended, 0);
});

test('a producer without Node may write a JSON file straight into the spool', async () => {
  await using box = new Sandbox();
  const wait = await armedWait(box, '--source', 'agent', '--match', 'fields.n=5');
  const script = `printf '%s' '${line(5).trim()}' > .tmp-x && mv .tmp-x x.json`;
  const { code } = await box.start('sh', ['-c', script], { cwd: box.paths.spool }).ended;
  assert.equal(code, 0);
  assertExit(await wait.ended, 0);
});

test('a file that is created empty and written afterwards is not lost', async () => {
  await using box = new Sandbox();
  const wait = await armedWait(box, '--source', 'agent', '--count', '2');
  const slow = join(box.paths.spool, 'slow.ndjson');
  writeFileSync(slow, '');
  put(box, 'marker.ndjson', line(1));
  await wait.says(/agent_finished:/);
  writeFileSync(slow, line(2), { flag: 'a' });
  assertExit(await wait.ended, 0);
});

test('the same delivery id spooled twice counts once', async () => {
  await using box = new Sandbox();
  for (const _ of [1, 2]) {
    await box.waitbus(['emit', ...AGENT, '--delivery-id', 'k'], { env: OFFLINE }).ended;
  }
  assert.equal(readdirSync(box.paths.spool).length, 2);
  await emitAgent(box, '--delivery-id', 'other');
  assert.equal(await eventCount(box), 2);
});

test('a file that was taken in and comes back is not counted again', async () => {
  await using box = new Sandbox();
  const wait = await armedWait(box, '--source', 'agent', '--match', 'fields.n=3');
  put(box, 'same.ndjson', `${line(1)}${line(2)}`);
  put(box, 'then.ndjson', line(0));
  put(box, 'zz.ndjson', line(3));
  assertExit(await wait.ended, 0);
  const again = await armedWait(box, '--source', 'agent', '--match', 'fields.n=9');
  put(box, 'same.ndjson', `${line(1)}${line(2)}`);
  put(box, 'zzz.ndjson', line(9));
  assertExit(await again.ended, 0);
  assert.equal(await eventCount(box), 5);
});

for (const [what, text, reason] of [
  ['that is no JSON', 'not json\n', /not NDJSON/],
  ['cut short', `${line(1)}{"source":"age`, /not NDJSON/],
  ['of an unknown source', '{"source":"nosuch","event_type":"x"}\n', /nosuch is not installed/],
  ['with a bad event', `${line(1)}{"source":"agent"}\n`, /event_type is missing/],
] as const) {
  test(`a spool file ${what} is set aside with the reason, and the next is taken`, async () => {
    await using box = new Sandbox();
    const wait = await armedWait(box, '--source', 'agent', '--match', 'fields.n=9');
    put(box, 'a.ndjson', text);
    put(box, 'b.ndjson', line(9));
    assertExit(await wait.ended, 0);
    const rejected = join(box.paths.spool, 'rejected');
    assert.equal(readFileSync(join(rejected, 'a.ndjson'), 'utf8'), text);
    assert.match(readFileSync(join(rejected, 'a.ndjson.reason'), 'utf8'), reason);
    // The file goes right after the commit that woke the wait: before the next request is answered.
    assert.equal(await eventCount(box), 1);
    assert.deepEqual(readdirSync(box.paths.spool), ['rejected']);
  });
}

test('files that are not events are left alone', async () => {
  await using box = new Sandbox();
  mkdirSync(box.paths.spool, { recursive: true });
  const names = ['.tmp-half.ndjson', 'README.txt', 'notes'];
  for (const name of names) writeFileSync(join(box.paths.spool, name), 'x');
  mkdirSync(join(box.paths.spool, 'directory.json'));
  await emitAgent(box);
  assert.deepEqual(readdirSync(box.paths.spool).sort(), [...names, 'directory.json'].sort());
});

test('a spool that is removed while the daemon runs is made anew and works', async () => {
  await using box = new Sandbox();
  const daemon = await box.daemon();
  rmSync(box.paths.spool, { recursive: true });
  await daemon.says(/the spool could not be taken in/);
  const wait = await armedWait(box, '--source', 'agent', '--no-autostart');
  assert.equal(daemon.child.exitCode, null);
  put(box, 'a.ndjson', line(1));
  assertExit(await wait.ended, 0);
});

for (const [what, putInTheWay] of [
  ['a file', (path: string) => writeFileSync(path, 'in the way')],
  ['a link to elsewhere', (path: string) => symlinkSync('..', path)],
] as const) {
  test(`with ${what} in the place of rejected/ a bad file is set aside beside it, and the next is taken`, async () => {
    await using box = new Sandbox();
    const wait = await armedWait(box, '--source', 'agent', '--match', 'fields.n=9');
    putInTheWay(join(box.paths.spool, 'rejected'));
    put(box, 'bad.ndjson', 'not json\n');
    put(box, 'then.ndjson', line(9));
    assertExit(await wait.ended, 0);
    assert.equal(await eventCount(box), 1);
    const names = ['bad.ndjson.rejected', 'bad.ndjson.rejected.reason', 'rejected'];
    assert.deepEqual(readdirSync(box.paths.spool).sort(), names);
  });
}

test('a file of many slices is taken in whole and in order, a list as well', async () => {
  await using box = new Sandbox();
  mkdirSync(box.paths.spool, { recursive: true });
  const pad = 'é'.repeat(100);
  const events = Array.from({ length: 2600 }, (_, n) => ({
    source: 'agent',
    event_type: 'agent_finished',
    fields: { n, pad },
    ...(n % 1000 === 0 ? { payload: ['x'.repeat(200_000)] } : {}),
  }));
  put(
    box,
    'a.ndjson',
    events
      .slice(0, 1300)
      .map((each) => JSON.stringify(each))
      .join('\n'),
  );
  put(box, 'b.json', JSON.stringify(events.slice(1300), null, 1));
  const args = ['wait', '--source', 'agent', '--since', 'start', '--count', '2600', '--json'];
  const ended = await box.run(args);
  assertExit(ended, 0);
  const seen = [...ended.stdout.matchAll(/"n":(\d+)/g)].map(([, n]) => Number(n));
  assert.deepEqual(
    seen,
    events.map((_, n) => n),
  );
  assert.deepEqual(readdirSync(box.paths.spool), []);
});
