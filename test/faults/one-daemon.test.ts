/** However many daemons start at the same instant, exactly one serves. */
import assert from 'node:assert/strict';
import { lstatSync } from 'node:fs';
import { test } from 'node:test';
import { Sandbox } from '../support/sandbox.js';
import { WireClient } from '../support/wire.js';

for (const count of [2, 10]) {
  test(`of ${count} daemons started at the same instant exactly one serves`, async () => {
    await using box = new Sandbox();
    const daemons = Array.from({ length: count }, () => box.waitbus(['daemon']));
    const serving = await Promise.all(
      daemons.map((daemon) =>
        daemon.says(/"msg":"serving"/).then(
          () => true,
          () => false,
        ),
      ),
    );
    assert.equal(serving.filter(Boolean).length, 1);
    for (const [index, daemon] of daemons.entries()) {
      if (serving[index] === true) continue;
      const { code, stderr } = await daemon.ended;
      assert.equal(code, 1, stderr);
      assert.match(stderr, /WAITBUS_ALREADY_RUNNING/);
    }
    const client = await WireClient.open(box.paths.socket);
    const status = await client.request({ op: 'status' });
    assert.equal(status['pid'], daemons[serving.indexOf(true)]?.child.pid);
    client.close();
  });
}

test('the socket and the locks of a killed daemon do not keep the next one from serving', async () => {
  await using box = new Sandbox();
  const first = await box.daemon();
  first.child.kill('SIGKILL');
  await first.ended;
  assert.ok(lstatSync(box.paths.socket).isSocket(), 'a stale socket is there');
  const second = await box.daemon();
  const client = await WireClient.open(box.paths.socket);
  assert.equal((await client.request({ op: 'status' }))['pid'], second.child.pid);
  client.close();
});
