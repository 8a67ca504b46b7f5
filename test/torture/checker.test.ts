/** The checker itself: it passes a good history, and names each thing that can be wrong with one. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Place } from '../support/kernel.js';

const CHECKER = fileURLToPath(new URL('checker.py', import.meta.url));
const NONE = '0'.repeat(26);

interface LogEvent {
  readonly event_id: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

interface Scene {
  readonly log: LogEvent[];
  floor: string | null;
  readonly producer: string[];
  readonly subscriber: string[];
  readonly wills: string[];
}

function id(number: number): string {
  return String(number).padStart(26, '0');
}

function made(number: number, eventId = id(number + 1)): LogEvent {
  return { event_id: eventId, fields: { producer: 'p', n: number, bucket: number % 100 } };
}

function seen(number: number, eventId = id(number + 1)): string {
  return `s event ${eventId} p ${number}`;
}

/** Ten events, all acknowledged and all seen by one subscriber. */
function goodScene(): Scene {
  const numbers = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  return {
    log: numbers.map((n) => made(n)),
    floor: null,
    producer: ['p sent 10', ...numbers.map((n) => `p ack ${n} ${id(n + 1)}`)],
    subscriber: ['s wants {}', `s ack ${NONE}`, ...numbers.map((n) => seen(n)), `s done ${id(10)}`],
    wills: [],
  };
}

function verdict(scene: Scene): { readonly good: boolean; readonly says: string } {
  using place = new Place();
  const ledgers = place.path('ledgers');
  mkdirSync(ledgers);
  for (const kind of ['producer', 'subscriber', 'wills'] as const)
    writeFileSync(place.path('ledgers', `one.${kind}`), scene[kind].map((l) => `${l}\n`).join(''));
  const log = place.path('log.json');
  writeFileSync(log, JSON.stringify({ floor: scene.floor, events: scene.log }));
  const { status, stdout, stderr } = spawnSync('python3', [CHECKER, ledgers, log], {
    encoding: 'utf8',
  });
  assert.equal(stderr, '');
  return { good: status === 0, says: stdout };
}

/** The ten subscriber lines start at 2; the acknowledgements at 1. */
const BAD: readonly (readonly [string, RegExp, (scene: Scene) => void])[] = [
  ['an acknowledged event that the log lacks', /^lost: p 4, ack/, ({ log }) => log.splice(4, 1)],
  [
    'a spooled event that the log lacks',
    /^lost: q 1, which was spooled/,
    ({ producer, log }) => {
      producer.push('q sent 2', 'q promised 0', 'q promised 1');
      log.push({ event_id: id(20), fields: { producer: 'q', n: 0 } });
    },
  ],
  [
    'an event that a subscriber never saw',
    /^lost: s never saw 1 events from 0+5 \(p 4/,
    ({ subscriber }) => subscriber.splice(6, 1),
  ],
  [
    'an end of the log that a subscriber never saw',
    /^lost: s never saw 2 events from 0+9/,
    ({ subscriber }) => subscriber.splice(10, 2),
  ],
  [
    'an event missing after the word that it has caught up',
    /^lost: s .*caught up/,
    ({ subscriber }) => subscriber.splice(3, 9, `s caught ${id(2)}`),
  ],
  [
    'an event that came twice',
    /^doubled: s saw 0+5 twice/,
    ({ subscriber }) => subscriber.splice(6, 0, seen(4)),
  ],
  [
    'an event that is in the log twice',
    /^doubled: p 9 is in the log as/,
    ({ log }) => log.push(made(9, id(11))),
  ],
  [
    'an event acknowledged under two ids',
    /^doubled: p 4 acknowledged as/,
    ({ producer, log }) => {
      log.push(made(4, id(11)));
      producer.push(`p ack 4 ${id(11)}`);
    },
  ],
  [
    'events that a subscriber saw in another order',
    /^swapped: s saw 0+5 after 0+6/m,
    ({ subscriber }) => subscriber.splice(6, 2, seen(5), seen(4)),
  ],
  [
    'events that are in the log in another order than they were sent',
    /^swapped: the log has p 4 after 5/m,
    ({ log }) => log.splice(4, 2, made(5, id(5)), made(4, id(6))),
  ],
  [
    'an event that nobody sent',
    /^invented: the log has 0+11 of p 10/,
    ({ log }) => log.push(made(10)),
  ],
  [
    'an event that only a subscriber knows',
    /^invented: s saw 0+11, which is not in the log/,
    ({ subscriber }) => subscriber.splice(12, 0, seen(10)),
  ],
  [
    'an event with another content',
    /^wrong: s saw 0+5 as p 7/,
    ({ subscriber }) => subscriber.splice(6, 1, seen(7, id(5))),
  ],
  [
    'an event that does not match',
    /^uninvited: s saw 0+1\b/,
    ({ subscriber }) => subscriber.splice(0, 1, 's wants {"match":["fields.bucket>=1"]}'),
  ],
  [
    'a sent event that the log has no place for',
    /^hole: the log has p 5 after 3/,
    ({ log, producer }) => {
      log.splice(4, 1);
      producer.splice(5, 1);
    },
  ],
  [
    'half a request',
    /^torn: 1 of the 2 events of p's request 7/,
    ({ log }) => log.splice(9, 1, { ...made(9), fields: { ...made(9).fields, unit: 7, of: 2 } }),
  ],
  [
    'a hole after retention that no gap covers',
    /^lost: s never saw 3 events from 0+1/,
    (scene) => {
      scene.floor = id(3);
      scene.log.splice(0, 3);
      scene.subscriber.splice(2, 3);
    },
  ],
  [
    'a gap that covers less than the hole',
    /^lost: s never saw 1 events from 0+4/,
    (scene) => {
      scene.floor = id(4);
      scene.log.splice(0, 4);
      scene.subscriber.splice(2, 4, `s gap ${NONE} ${id(3)}`);
    },
  ],
  [
    'a gap over events that are there',
    /^gap: s was told that 0+3 is gone; the floor is none/,
    ({ subscriber }) => subscriber.splice(2, 3, `s gap ${NONE} ${id(3)}`),
  ],
  [
    'a gap that begins too late',
    /^lost: s never saw 1 events from 0+1/,
    (scene) => {
      scene.floor = id(3);
      scene.log.splice(0, 3);
      scene.subscriber.splice(2, 3, `s gap ${id(1)} ${id(3)}`);
    },
  ],
  ['a killed client without a will', /^will: w was attached, killed; published 0/, willed()],
  [
    'a will that was published twice',
    /^will: w was attached, killed; published 2/m,
    willed([20, 21]),
  ],
  [
    'a will in spite of a detach',
    /^will: w was attached, detaching, detached; published 1/,
    willed([20], ['attached', 'detaching', 'detached']),
  ],
];

function willed(ids: readonly number[] = [], fate: readonly string[] = ['attached', 'killed']) {
  return (scene: Scene) => {
    scene.wills.push(...fate.map((what) => `w ${what}`));
    for (const one of ids) scene.log.push({ event_id: id(one), fields: { will: 'w' } });
  };
}

test('the checker passes a good history', () => {
  const { good, says } = verdict(goodScene());
  assert.ok(good, says);
  assert.deepEqual(JSON.parse(says), {
    log: 10,
    acknowledged: 10,
    subscribers: 1,
    seen: 10,
    gaps: 0,
    wills: 0,
    promised: 0,
  });
});

test('the checker passes a hole that a gap covers, a torn last line, and one will a death', () => {
  const scene = goodScene();
  scene.floor = id(3);
  scene.log.splice(0, 3);
  scene.subscriber.splice(2, 3, `s gap ${NONE} ${id(3)}`);
  willed([20])(scene);
  scene.subscriber.push('t wants {"match":["fields.bucket=5"],"since":null}', `t ack ${NONE}`);
  scene.subscriber.push(`t event ${id(6)} - -`, `t done ${id(10)}`);
  const { good, says } = verdict(scene);
  assert.ok(good, says);
});

for (const [what, named, spoil] of BAD) {
  test(`the checker names ${what}`, () => {
    const scene = goodScene();
    spoil(scene);
    const { good, says } = verdict(scene);
    assert.match(says, named);
    assert.equal(good, false);
  });
}
