/** What the log says of connections that were refused, however many there are. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RefusedPeers } from '../../src/socket/refused-peers.js';

test('the first of each is said at once, and the others as a number every ten seconds', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const lines: [object, string][] = [];
  const peers = new RefusedPeers(1000, { warn: (about, line) => void lines.push([about, line]) });
  const take = () => lines.splice(0);
  const another = 'refused a connection of another user';
  for (let count = 0; count < 1000; count += 1) peers.refused({ uid: 7, pid: count });
  peers.refused({ uid: 8, pid: 1 });
  peers.refused({ uid: 1000, pid: 42 });
  assert.deepEqual(take(), [
    [{ peer: 7 }, another],
    [{ peer: 8 }, another],
    [{ pid: 42 }, 'refused a connection of a source'],
  ]);
  t.mock.timers.tick(10_000);
  assert.deepEqual(take(), [[{ peer: 7, count: 999 }, 'refused more connections of the same']]);
  peers.refused({ uid: 7, pid: 1 });
  assert.deepEqual(take(), [[{ peer: 7 }, another]]);
  t.mock.timers.tick(10_000);
  assert.deepEqual(take(), []);
});
