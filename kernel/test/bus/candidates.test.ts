/** Which subscriptions an event is offered to, by what they require. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { check } from '../../../test/support/property.js';
import { anchorsOf, Candidates } from '../../src/bus/candidates.js';
import { EVERYTHING, Subscription, type SubscriptionRequest } from '../../src/bus/subscription.js';
import { parsePredicate, type Predicate, type Subject } from '../../src/predicate/index.js';

const SINK = { write: () => true, flush: () => undefined, fail: () => undefined };
const name = fc.constantFrom('a', 'b', 'c');
const literal = fc.constantFrom(
  '"a"',
  '"b"',
  '"1"',
  '1',
  '1.0',
  '-0',
  '0',
  '1.5',
  '9007199254740993',
  'true',
  'null',
  '["a"]',
  '{"a":1}',
);
const key = fc.constantFrom(
  'event_type',
  'owner',
  'fields.source',
  'fields.k',
  'fields.tags.0',
  'fields.tags.-1',
  'fields.conclusion',
  'fields.status',
  'fields."a.b"',
  'fields.a.b',
);
const spec = fc
  .tuple(key, fc.constantFrom('=', '=', '=', '!=', '*='), literal)
  .map(([path, operator, value]) => `${path}${operator}${value}`);
const predicate: fc.Arbitrary<Predicate> = fc.array(spec, { maxLength: 3 }).map(parsePredicate);
const names = fc.option(fc.array(name, { minLength: 1, maxLength: 2 }));
const request: fc.Arbitrary<SubscriptionRequest> = fc.record({
  filters: fc.option(
    fc.array(fc.constantFrom('*', 'a/*', 'a/b', 'b/c'), { minLength: 1, maxLength: 2 }),
  ),
  eventTypes: names,
  sources: names,
  match: predicate,
  anyOf: fc.array(predicate, { maxLength: 3 }),
  scopes: fc.array(fc.tuple(name, predicate), { maxLength: 2 }).map((entries) => new Map(entries)),
});
const scalar = fc.constantFrom<unknown>(
  ['a'],
  { a: 1 },
  'a',
  'b',
  '1',
  1,
  0,
  -0,
  1.5,
  9007199254740993n,
  true,
  null,
);
const subject: fc.Arbitrary<Subject> = fc
  .record({
    type: name,
    owner: name,
    repo: name,
    source: name,
    k: scalar,
    tags: fc.array(scalar, { maxLength: 2 }),
    conclusion: scalar,
    status: fc.option(scalar, { nil: undefined }),
    'a.b': scalar,
    a: fc.record({ b: scalar }),
  })
  .map(({ type, owner, repo, source, status, ...own }) => ({
    event_type: type,
    owner,
    repo,
    fields: {
      ...own,
      ...(status === undefined ? {} : { status }),
      ...{ source, event_type: type, owner, repo },
    },
  }));

test('the index never misses a subscription that would take the event', (t) => {
  let taken = 0;
  check(
    t,
    fc.property(
      fc.array(request, { minLength: 1, maxLength: 8 }),
      fc.array(subject, { maxLength: 4 }),
      (requests, subjects) => {
        const index = new Candidates();
        const subscriptions = requests.map((one) => new Subscription(one, SINK, null));
        for (const one of subscriptions) index.add(one);
        for (const event of subjects) {
          const seen = visited(index, event);
          for (const one of subscriptions) {
            if (one.selects?.(event) === false) continue;
            taken += 1;
            assert.ok(seen.has(one), inspect(one.request, { depth: 9 }));
          }
        }
        for (const one of subscriptions) index.remove(one);
        for (const event of subjects) assert.equal(visited(index, event).size, 0);
      },
    ),
    { numRuns: 3000 },
  );
  assert.ok(taken > 500, `only ${taken} hits; the property tests too little`);
});

test('a wait for a null conclusion is asked about an event without one', () => {
  const index = new Candidates();
  const match = parsePredicate(['fields.conclusion=null']);
  const wait = new Subscription({ ...EVERYTHING, match }, SINK, null);
  index.add(wait);
  assert.deepEqual([...visited(index, { fields: { source: 'a' } })], [wait]);
});

test('removing one of two subscriptions with the same anchor leaves the other', () => {
  const index = new Candidates();
  const asked = { ...EVERYTHING, match: parsePredicate(['fields.k="a"']) };
  const [one, two] = [new Subscription(asked, SINK, null), new Subscription(asked, SINK, null)];
  index.add(one);
  index.add(two);
  index.remove(one);
  assert.deepEqual([...visited(index, { fields: { k: 'a' } })], [two]);
});

test('a thousand waits on other commits are not asked about an event', () => {
  const index = new Candidates();
  for (let wait = 0; wait < 1000; wait += 1) {
    const match = parsePredicate([
      `fields.source="a"`,
      `fields.head_sha="${wait}"`,
      'fields.conclusion="success"',
    ]);
    index.add(new Subscription({ ...EVERYTHING, sources: ['a'], match }, SINK, null));
  }
  const event = { event_type: 'x', fields: { source: 'a', head_sha: '7', conclusion: 'success' } };
  assert.equal(visited(index, event).size, 1);
});

test('alternatives of which one has no equality leave the subscription without an anchor', () => {
  const anyOf = [parsePredicate(['fields.k=1']), parsePredicate(['fields.k>5'])];
  assert.equal(anchorsOf({ ...EVERYTHING, anyOf }), null);
});

function visited(index: Candidates, event: Subject): Set<Subscription> {
  const seen = new Set<Subscription>();
  index.each({ subject: event }, (subscription) => seen.add(subscription));
  return seen;
}
