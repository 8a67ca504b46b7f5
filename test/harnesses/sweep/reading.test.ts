/** What the sweep reads from a model's context, and that its checks fail when something is wrong in it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkAll } from '../../../cli/src/stress/invariants.js';
import { callText } from '../../../cli/src/tools/tool.js';
import { fence } from '../../../cli/src/wake/fence.js';
import type { Said, Turn } from '../model/scenario.js';
import type { Asked } from '../model/server.js';
import { sightsIn, waitedIn } from './context.js';
import { journalOf, seenBy } from './journal.js';
import { checkMore } from './more-invariants.js';
import { DONE } from './player.js';

const SEED = '01M8KC00GV0SCCGK5MTV3XEV00';
const REACTION = '01M8KC05MV2X42EA348JFSESHN';

function event(id: string, phase: string, from: string) {
  const fields = { source: 'agent', msg_from: from, phase, round: '0' };
  const told = { event_type: `${phase}ed`, summary: `[x] ${phase} = y`, owner: 'local' };
  return { kind: 'event', event_id: id, ...told, repo: 'local', received_at: 1, fields } as const;
}

const seedText = fence([event(SEED, 'seed', 'seeder')] as never);
const bothText = fence([
  event(SEED, 'seed', 'seeder'),
  event(REACTION, 'reaction', 'sweep.b-1'),
] as never);
const by = (who: Said['by'], text: string): Said => ({ by: who, text, calls: [] });
const matched = JSON.stringify({ outcome: 'matched', events: [], said: bothText, next: null });

function turn(...said: Said[]): Turn {
  return { agent: 'a', family: 'chat', model: 'm', tools: ['wait'], said, isStream: true };
}

function asked(at: number, step: Asked['step'], ...said: Said[]): Asked {
  return { at, turn: turn(...said), step, usage: null, body: null };
}

test('an event is read once from whatever a harness makes of the answer of wait', () => {
  const forms = [
    `matched. cursor: ${REACTION}\n${bothText}`,
    `<untrusted_context>\nmatched. cursor: ${REACTION}\n${bothText}\n</untrusted_context>`,
    matched,
    `Wall time: 0.1 seconds\nOutput:\n${matched}`,
    `matched. cursor: ${REACTION}\n${bothText}\n\n${matched}`,
  ];
  for (const form of forms) {
    const seen = sightsIn(turn(by('tool', form)));
    assert.deepEqual(
      seen.map(({ id, from, phase }) => [id, from, phase]),
      [
        [SEED, 'seeder', 'seed'],
        [REACTION, 'sweep.b-1', 'reaction'],
      ],
      form,
    );
  }
  const [seen, ...rest] = sightsIn(turn(by('user', seedText.replaceAll('<', '&lt;'))));
  assert.deepEqual(rest, []);
  assert.deepEqual(seen, {
    id: SEED,
    type: 'seeded',
    from: 'seeder',
    phase: 'seed',
    round: 0,
    by: 'hook',
  });
  assert.deepEqual(sightsIn(turn(by('model', seedText))), []);
});

test('a pending wait is gone on with as it says, from its text or its structured result', () => {
  const next = { match: ['fields.phase="seed"'], since: SEED, timeout_s: 9 };
  const spoken = `pending: nothing yet, still waiting for x. To go on, call ${callText('wait', next)}`;
  const structured = JSON.stringify({ outcome: 'pending', events: [], said: '', next });
  for (const answer of [spoken, structured, `${spoken}\n\n${structured}`]) {
    const waited = waitedIn(answer);
    assert.equal(waited?.outcome, 'pending');
    assert.deepEqual(waited.next, next, answer);
  }
  assert.equal(waitedIn('stored, event_id X'), null);
});

test('an event that is told twice, or lost from the context, breaks an invariant', () => {
  const done = { kind: 'say', text: DONE } as const;
  const hung = { kind: 'hang' } as const;
  const logged = { id: SEED, type: 'seeded', from: 'seeder', phase: 'seed', round: 0 };
  const brokenBy = (...turns: Asked[]) => {
    const notes = journalOf(turns, new Map([[SEED, 1n]]));
    const player = { name: 'sweep.a-1', family: 'claude', victim: false, damaged: 0, exit: 0 };
    const players = [{ ...player, notes, seen: seenBy(turns) }];
    const happened = { players, log: [logged], rounds: 1, killed: false, families: ['claude'] };
    const all = [...checkAll(happened), ...checkMore(players, [logged])];
    return all.filter(({ violated }) => violated > 0).map(({ name }) => name);
  };
  // It is alone and did not react.
  const always = ['families_present', 'reacted_once'];
  assert.deepEqual(brokenBy(asked(2, done, by('user', seedText))), always);
  assert.deepEqual(
    brokenBy(asked(2, hung, by('user', seedText)), asked(3, done, by('user', 'nothing'))),
    ['seed_seen_once', ...always, 'all_ended', 'woken_as_due'],
  );
  assert.deepEqual(
    brokenBy(asked(2, done, by('user', seedText), by('user', `again: ${seedText}`))),
    ['seed_seen_once', ...always, 'nothing_twice'],
  );
  assert.deepEqual(brokenBy(asked(2, done, by('tool', `matched. cursor: ${SEED}\n${seedText}`))), [
    ...always,
    'woken_as_due',
  ]);
  assert.deepEqual(
    brokenBy(asked(2, done, by('user', seedText), by('tool', 'WAITBUS_STORE_FULL: no room'))),
    [...always, 'all_ended'],
  );
});

test('an agent awake is as late as the first request that had the event', () => {
  const say = { kind: 'say', text: 'x' } as const;
  const turns = [
    asked(5, say),
    asked(7.5, say, by('user', seedText)),
    asked(9, say, by('user', seedText)),
  ];
  const [saw] = journalOf(turns, new Map([[SEED, 5_000_000n]]));
  assert.ok(saw?.what === 'saw');
  assert.equal(saw.at - (saw.sent ?? 0n), 2_500_000n);
});
