/** Damage that comes while the daemon serves: refused from then on with the cure, and no crash. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { checkEnvelope, WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { FIRST_ULID } from '@waitbus/kernel/ulid';
import { Store } from '../../kernel/src/store/store.js';
import { makeStore, overwrite, PAGE } from '../support/damage.js';
import { event, Place } from '../support/kernel.js';
import { randomOf, seedOf } from '../support/property.js';
import { Sandbox } from '../support/sandbox.js';
import { WireClient } from '../support/wire.js';

/** More than SQLite's page cache of 2 MB holds, so that the damage is read. */
const EVENTS = 8000;
const EMIT = ['emit', '--source', 'agent', '--event-type', 'agent_note'];

for (const [what, meet] of [
  ['a replay', { op: 'subscribe', since: FIRST_ULID, errors: true }],
  ['a get', { op: 'get', event_id: '01HZZZZZZZZZZZZZZZZZZZZZZZ' }],
  ['a cursor', { op: 'subscribe', since: '01HZZZZZZZZZZZZZZZZZZZZZZZ', errors: true }],
] as const) {
  test(`damage that ${what} meets poisons the store; the remedy mends it under the daemon`, async () => {
    await using box = new Sandbox();
    mkdirSync(box.paths.stateDir);
    makeStore(box.paths.store, EVENTS);
    const daemon = await box.daemon();
    const bystander = await WireClient.open(box.paths.socket);
    await bystander.request({});
    const pages = statSync(box.paths.store).size / PAGE;
    overwrite(box.paths.store, 2 * PAGE, Buffer.alloc((Math.floor(pages) - 2) * PAGE, 0xff));

    const client = await WireClient.open(box.paths.socket);
    client.send(meet);
    await client.count('error', 1);
    const error = client.frames.find(({ kind }) => kind === 'error');
    assert.equal(error?.['code'], 'WAITBUS_STORE_CORRUPT', String(error?.['message']));
    const refused = await box.run(EMIT);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /WAITBUS_STORE_CORRUPT/);
    bystander.send({ op: 'status' });
    await bystander.count('status', 1);

    const command = /: (for .*)$/m.exec(refused.stderr)?.[1];
    assert.ok(command, refused.stderr);
    const pasted = await box.start('sh', ['-c', command]).ended;
    assert.equal(pasted.code, 0, pasted.stderr);
    assert.equal((await daemon.ended).code, 1);
    const emitted = await box.run(EMIT);
    assert.match(emitted.stdout, /"inserted":true/, emitted.stderr);
  });
}

test('a byte flipped anywhere is refused by name or served, and never an unnamed error', (t) => {
  const random = randomOf(seedOf(t));
  using place = new Place();
  makeStore(place.path('whole.db'), 300);
  const { size } = statSync(place.path('whole.db'));
  const outcomes = new Map<string, number>();
  for (let n = 0; n < 300; n += 1) {
    const file = place.path(`flipped-${n}.db`);
    copyFileSync(place.path('whole.db'), file);
    // Half of them where the structure is: the header and the beginnings of pages.
    const at = n % 2 === 0 ? random(size) : random(size / PAGE) * PAGE + random(120);
    overwrite(file, at, Buffer.from([random(256)]));
    const outcome = use(file, `a byte at ${at}`);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  t.diagnostic([...outcomes].map(([outcome, count]) => `${outcome} ${count}`).join(', '));
  assert.ok((outcomes.get('served') ?? 0) > 0 && outcomes.size > 1);
});

/** Does with a store what a daemon does. Returns the code of the refusal, or 'served'. */
function use(file: string, what: string): string {
  let store: Store | null = null;
  try {
    store = new Store({ file, now: Date.now });
    for (let at = 0; at < store.headSeq;) at = store.page(at, 50, 1 << 20).through;
    store.get(store.head ?? FIRST_ULID);
    store.seqAtOrBefore('01HZZZZZZZZZZZZZZZZZZZZZZZ');
    const { outcomes } = store.append([[checkEnvelope(event({ delivery_id: 'key-7' }))]]);
    if (outcomes[0]?.error !== undefined) throw outcomes[0].error;
    store.prune(100, 100);
    return 'served';
  } catch (error) {
    assert.ok(error instanceof WaitbusError, `${what}: ${String(error)}`);
    assert.match(error.code, /^WAITBUS_STORE_/, `${what}: ${error.message}`);
    return error.code;
  } finally {
    store?.close();
  }
}
