/** What is asked of a source with verdicts: whether a verdict can be it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canBeVerdict } from '../src/client/judged.js';

const TYPES = ['workflow_run', 'check_suite'];

for (const text of [
  'fields.head_sha="7f3a1b2c"',
  'event_type="workflow_run"',
  'event_type^="workflow_"',
  'fields.event_type!="check_suite"',
  'fields.status="completed"',
  'fields.status!="in_progress"',
  'fields.conclusion!="success"',
  'fields.conclusion^="fail"',
  'fields.conclusion="failure" & event_type~"*_suite"',
]) {
  test(`a verdict can be: ${text}`, () => {
    assert.equal(canBeVerdict(text.split(' & '), TYPES), true);
  });
}

for (const text of [
  'event_type="pull_request"',
  'fields.event_type^="pull"',
  'event_type^="workflow_" & event_type!="workflow_run"',
  'fields.status!="completed"',
  'fields.status^="in_"',
  'fields.status="queued" & fields.head_sha="7f3a1b2c"',
  'fields.conclusion="skipped"',
  'fields.conclusion=null',
  'fields.conclusion^="neu"',
]) {
  test(`no verdict can be: ${text}`, () => {
    assert.equal(canBeVerdict(text.split(' & '), TYPES), false);
  });
}
