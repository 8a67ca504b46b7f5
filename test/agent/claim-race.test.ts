/** Many claims of one path at the same instant, by real processes: never two at once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Sandbox } from '../support/sandbox.js';
import { logged } from './heard.js';

const ROUNDS = 8;
const AGENTS = 4;

/** Fails if another is inside: a directory can be made by one only. */
const ALONE = 'mkdir inside || exit 99; sleep 0.02; rmdir inside';

test('of those that claim at once one wins, and the others are told; with --wait all have their turn', async () => {
  await using box = new Sandbox();
  await box.daemon();
  const names = Array.from({ length: AGENTS }, (_, index) => `agent-${index}`);
  let granted = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const wait = round % 2 === 0 ? ['--wait'] : [];
    const codes = await Promise.all(
      names.map(async (name, index) => {
        // Some claim what is above the path of the others.
        const path = index % 2 === 0 ? 'dir/file' : 'dir';
        const args = ['claim', path, '--as', name, ...wait, '--', 'sh', '-c', ALONE];
        return (await box.run(args)).code;
      }),
    );
    const won = codes.filter((code) => code === 0).length;
    granted += won;
    const lost = codes.filter((code) => code === 1).length;
    assert.equal(won + lost, AGENTS, codes.join(' '));
    if (round % 2 === 0) assert.equal(won, AGENTS);
    else assert.ok(won >= 1);
  }
  // In the log, too, each claim ends before the next begins.
  const events = await logged(box, 'fields.claim_id^=""');
  assert.equal(events.length, 2 * granted);
  for (const [at, event] of events.entries()) {
    assert.equal(event.event_type, at % 2 === 0 ? 'agent_claim' : 'agent_release');
    if (at % 2 === 1) assert.equal(event.fields['claim_id'], events[at - 1]?.fields['claim_id']);
  }
});
