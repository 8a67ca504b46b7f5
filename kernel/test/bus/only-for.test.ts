/** Who is told of an event that is only for those who ask for something under a key. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileRequest, EVERYTHING } from '../../src/bus/subscription.js';
import { parsePredicate } from '../../src/predicate/index.js';

const created = {
  event_type: 'fs_create',
  fields: { source: 'fs', event_type: 'fs_create', path: '/a/s', only_for: 'event_type' },
};

function isTold(event: object, ...specs: readonly string[]): boolean {
  const request = { ...EVERYTHING, sources: ['fs'], match: parsePredicate(specs) };
  return compileRequest(request)?.(event as never) ?? true;
}

test('an event for those who ask for its type wakes nobody else', () => {
  assert.ok(!isTold(created));
  assert.ok(!isTold(created, 'fields.path="/a/s"'));
  assert.ok(!isTold(created, 'event_type!="fs_change"'));
  for (const spec of ['event_type="fs_create"', 'fields.event_type="fs_create"']) {
    assert.ok(isTold(created, spec), spec);
  }
  assert.ok(isTold(created, 'event_type^="fs_"'));
  const request = { ...EVERYTHING, eventTypes: ['fs_create'] };
  assert.ok(compileRequest(request)?.(created));
  const clauses = ['fields.path="/b"', 'event_type="fs_create"'].map((spec) =>
    parsePredicate([spec]),
  );
  assert.ok(compileRequest({ ...EVERYTHING, anyOf: clauses })?.(created));
});

test('an event for those who ask for a field is told to them', () => {
  const event = { fields: { source: 'fs', path: '/link/f', only_for: 'path' } };
  assert.ok(!isTold(event));
  assert.ok(!isTold(event, 'event_type="fs_change"'));
  assert.ok(isTold(event, 'fields.path="/link/f"'));
  assert.ok(isTold(event, 'fields.path^="/link/"'));
  assert.ok(!isTold(event, 'fields.path="/other"'));
});

test('an event without the mark is for everybody', () => {
  const event = { fields: { source: 'fs', path: '/a' } };
  assert.ok(isTold(event));
  assert.ok(isTold(event, 'fields.path="/a"'));
});
