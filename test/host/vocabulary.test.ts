/** What a manifest makes of what is asked for: what no event can have is named, with what was meant. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePredicate } from '@waitbus/kernel/predicate';
import { mismatchOf, type Vocabulary } from '../../cli/src/host/vocabulary.js';

const FS: Vocabulary = {
  eventTypes: ['fs_change', 'fs_delete'],
  fields: {
    fs_change: {
      workflow_name: 'string',
      path: 'string',
      size: 'integer',
      conclusion: ['success'],
      stats: 'object',
    },
    fs_delete: { workflow_name: 'string', path: 'string', conclusion: ['success'] },
  },
};
const UNDESCRIBED: Vocabulary = { eventTypes: ['tick'] };

const found = (text: string, vocabulary = FS) => {
  const specs = text === '' ? [] : text.split(' & ');
  const mismatch = mismatchOf(
    specs.length === 0 ? { kind: 'all', terms: [] } : parsePredicate(specs),
    vocabulary,
  );
  return mismatch === null ? null : `${mismatch.code}: ${mismatch.detail}`;
};

for (const text of [
  '',
  'event_type="fs_change"',
  'fields.event_type="fs_delete" & fields.path^="/home/"',
  'event_type!="fs_delete" & fields.size>1000',
  'event_type="fs_change" & event_type="no_such_thing"',
  'event_type^="fs_"',
  'fields.workflow_name="a.txt" & fields.workflow_name="b.txt"',
  'fields.conclusion="success" & fields.conclusion="failure"',
  'fields.conclusion!="failure"',
  'fields.size!="0"',
  'fields.size>2.5',
  'event_type="fs_change" & fields.size<=0.5',
  // Common keys that events leave out are null.
  'fields.head_sha=null',
  'fields.size=null',
  'fields.owner="me" & owner="me" & received_at>0 & summary*="x"',
  'fields.stats.depth=3',
]) {
  test(`an event of it may meet: ${text || 'nothing in particular'}`, () => {
    assert.equal(found(text), null);
  });
}

for (const [text, expected] of [
  [
    'event_type="fs_chnage"',
    'unknown_event_type: it has no event type fs_chnage; did you mean fs_change?',
  ],
  ['fields.event_type="push"', 'unknown_event_type: it has no event type push'],
  [
    'event_type="fs_change" & event_type!="fs_change"',
    'unknown_event_type: it has no event type fs_change or fs_change; did you mean fs_change?',
  ],
  [
    'fields.worfklow_name="a"',
    'unknown_field: none of fs_change, fs_delete has a field worfklow_name; did you mean workflow_name?',
  ],
  [
    'event_type="fs_delete" & fields.size>1',
    'unknown_field: fs_delete has no field size; fs_change has it',
  ],
  ['fields.conclusion="failed"', 'unknown_value: fields.conclusion is never "failed"'],
  [
    'fields.conclusion="sucess"',
    'unknown_value: fields.conclusion is never "sucess"; did you mean success?',
  ],
  ['fields.size="12"', 'unknown_value: fields.size is an integer, which "12" is not'],
  ['fields.path=12', 'unknown_value: fields.path is a string, which 12 is not'],
  ['fields.size^="1"', 'unknown_value: fields.size is an integer, which "1" is not'],
  [
    'conclusion="success"',
    'unknown_member: no event has a member conclusion; did you mean fields.conclusion?',
  ],
  [
    'payload.x=1',
    'unknown_member: no event has a member payload.x; did you mean fields.payload.x?',
  ],
] as const) {
  test(`no event of it meets ${text}`, () => {
    assert.equal(found(text), expected);
  });
}

test('all terms must be met by one event type', () => {
  const two: Vocabulary = {
    eventTypes: ['a', 'b'],
    fields: { a: { x: 'integer' }, b: { y: 'integer' } },
  };
  assert.match(found('fields.x=1 & fields.y=1', two) ?? '', /no event type has all of this/);
  assert.equal(found('fields.x=null', two), null);
});

test('what is not described is not called impossible', () => {
  const partly: Vocabulary = { eventTypes: ['a', 'b'], fields: { a: { x: 'integer' } } };
  assert.equal(found('fields.y=1', partly), null);
  assert.equal(mismatchOf(parsePredicate(['fields.run_ids=1']), UNDESCRIBED)?.isCertain, false);
  assert.equal(mismatchOf(parsePredicate(['fields.size="1"']), FS)?.isCertain, true);
});

test('of a source that does not describe its fields, only what is mistyped in the common ones is known', () => {
  assert.equal(found('fields.anything=1', UNDESCRIBED), null);
  assert.equal(found('fields.conclusion="failure"', UNDESCRIBED), null);
  assert.equal(
    found('fields.conclusion="failed"', UNDESCRIBED),
    'unknown_value: fields.conclusion is never "failed"',
  );
  assert.equal(
    found('fields.worfklow_name="x"', UNDESCRIBED),
    'unknown_field: no event that is described has a field worfklow_name; did you mean workflow_name?',
  );
});

test('the fields that there are go without the key by which a source holds its own back', () => {
  const fields = { tick: { count: 'integer', only_for: 'string' } } as const;
  const mismatch = mismatchOf(parsePredicate(['fields.counted=1']), {
    eventTypes: ['tick'],
    fields,
  });
  assert.equal(mismatch?.remedy, 'there are count');
});
