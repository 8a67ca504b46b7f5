/** Predicate pushdown: SQLite may let too much through and never too little. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkEnvelope } from '@waitbus/plugin-sdk/envelope';
import fc from 'fast-check';
import { event, Place } from '../../../test/support/kernel.js';
import { check } from '../../../test/support/property.js';
import { all, compare, compile, oneOf, parsePredicate } from '../../src/predicate/index.js';
import type { Comparison, Literal, Term } from '../../src/predicate/index.js';
import { subjectFromStored } from '../../src/store/event.js';
import { isOpen, prefilterOf, type Prefilter } from '../../src/store/prefilter.js';
import { Store } from '../../src/store/store.js';

/** Values that are equal here and differ there are what a pushdown gets wrong. */
const scalar = fc.constantFrom<Literal>(
  'a',
  'ab',
  'A',
  '',
  '5',
  'true',
  'null',
  '\u00e9',
  'e\u0301',
  '\u{1f600}',
  '\ud800',
  '\ufffd',
  'x\u0000y',
  'x',
  '%',
  '_',
  0,
  -0,
  1,
  5,
  5.5,
  0.1,
  1e-7,
  1e21,
  2 ** 53,
  2 ** 53 - 1,
  2 ** 60,
  9007199254740993n,
  2n ** 60n,
  2n ** 63n - 1n,
  12345678901234567890n,
  true,
  false,
  null,
);
const key = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('k', 'k', 'k', 'head_sha', 'head_sha', 'conclusion') },
  { weight: 1, arbitrary: fc.constantFrom('with-dash', 'with"quote', '0', 'odd key', 'k.k') },
);
const member = fc.oneof(
  { weight: 6, arbitrary: scalar },
  { weight: 1, arbitrary: fc.array(scalar, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.dictionary(key, scalar, { maxKeys: 2 }) },
);
/** As asked for: now and then a whole list or object. */
const literal: fc.Arbitrary<Literal> = fc.oneof(
  { weight: 14, arbitrary: scalar },
  { weight: 1, arbitrary: fc.array(scalar, { maxLength: 1 }) },
  { weight: 1, arbitrary: fc.dictionary(key, scalar, { maxKeys: 1 }) },
);
const fields = fc.dictionary(key, member, { maxKeys: 4 });
const path = fc
  .tuple(
    fc.constantFrom('fields', 'fields', 'fields', 'summary', 'none'),
    fc.array(key, { minLength: 1, maxLength: 2 }),
  )
  .map(([root, keys]) => [root, ...keys]);
const equality = fc
  .tuple(path, fc.array(literal, { minLength: 1, maxLength: 3 }))
  .map(([where, values]) => oneOf(where, values));
const prefix = fc
  .tuple(path, fc.constantFrom('a', 'x', '', '\u{1f600}', '\ud800'))
  .map(([where, text]) => compare('^=', where, text));
const other = fc
  .tuple(path, fc.constantFrom<Comparison>('!=', '!=', '*='), literal)
  .map(([where, operator, value]) => compare(operator, where, value));
const glob = fc
  .tuple(path, fc.constantFrom('*', 'a*', '?', '**', '[a-z]'))
  .map(([where, pattern]) => compare('~', where, pattern));
const term: fc.Arbitrary<Term> = fc.oneof(
  { weight: 6, arbitrary: equality },
  { weight: 6, arbitrary: prefix },
  { weight: 6, arbitrary: other },
  { weight: 1, arbitrary: glob },
);

/** What a replay would read, to the end of the log. */
function selectAll(store: Store, prefilter: Prefilter, after: number): number[] {
  const found: number[] = [];
  for (let at = after; at < store.headSeq;) {
    const { seqs, through } = store.select(prefilter, at, 100);
    found.push(...seqs);
    assert.ok(through > at, `stands still at ${at}`);
    at = through;
  }
  return found;
}

test('no event that a predicate matches is kept back by the store', (t) => {
  using place = new Place();
  const store = new Store({ file: place.path('events.db'), now: Date.now });
  const seen = { narrowed: 0, matched: 0 };
  check(
    t,
    fc.property(
      fc.array(fields, { minLength: 1, maxLength: 8 }),
      fc.array(term, { minLength: 1, maxLength: 3 }),
      fc.nat({ max: 3 }),
      (list, terms, steps) => {
        const after = store.headSeq;
        const events = list.map((one) => checkEnvelope(event({ summary: 'a', fields: one })));
        const { committed } = store.append([events]);
        for (let step = 0; step < steps; step += 1) store.index();
        const predicate = all(terms);
        const matches = compile(predicate);
        const expected = committed
          .map(({ seq }) => seq)
          .filter((seq) => matches(subjectFromStored(store.frameAt(seq))));
        const seqs = selectAll(store, prefilterOf(predicate), after);
        for (const seq of expected) assert.ok(seqs.includes(seq), `${seq} is missing`);
        if (seqs.length < list.length) seen.narrowed += 1;
        seen.matched += expected.length;
      },
    ),
    { numRuns: 8000 },
  );
  t.diagnostic(JSON.stringify(seen));
  assert.ok(seen.narrowed > 500 && seen.matched > 300, JSON.stringify(seen));
  store.close();
});

test('what cannot be said in SQLite is left to the reader', () => {
  const open = [
    'fields.n=9007199254740993',
    'fields.n=null',
    'fields.list.0="a"',
    'fields.n>5',
    'fields.text*="a"',
    'fields.n!=1',
    'fields.conclusion=null',
    'fields.list=[1]',
    'fields.labels={"a":1}',
    'fields.labels."a.b"=1',
    'fields.path~"*.ts"',
  ];
  for (const spec of open) assert.ok(isOpen(prefilterOf(parsePredicate([spec]))), spec);
  for (const spec of ['fields.n=5', 'fields.sha^="7f"', 'event_type="x"', 'fields.head_sha="a"']) {
    assert.equal(isOpen(prefilterOf(parsePredicate([spec]))), false, spec);
  }
});
