/** However many daemons start at the same instant, exactly one serves. */
import assert from 'node:assert/strict';
import { lstatSync } from 'node:fs';
import { test } from 'node:test';
import { Sandbox } from '../support/sandbox.js';
import { WireClient } from '../support/wire.js';
import { manyDaemons } from '../torture/acts/many-daemons.js';
import { testAct } from './play.js';

testAct(manyDaemons, 'of two and of twenty that start at once exactly one serves');

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
