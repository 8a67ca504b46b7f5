/** What is said to who waits for something that is no file. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Condition } from '@waitbus/plugin-sdk';
import { codes, is, world } from './check-world.js';

test('what only an fs_create can meet is asked for by the event type', async (t) => {
  const { check } = await world(t);
  const created: Condition = { key: 'event_type', op: '=', value: 'fs_create' };
  const on = (op: Condition['op'], value: string): Condition => ({ key: 'event_type', op, value });
  for (const condition of [
    is('kind', 'fifo'),
    is('status', 'created'),
    is('status', 'creat', '^='),
    on('*=', 'create'),
    on('~', 'fs_cr*'),
  ]) {
    const [note] = check(condition);
    assert.deepEqual(
      [note?.code, note?.level],
      ['on_request', 'warning'],
      JSON.stringify(condition),
    );
    assert.equal(note?.remedy, `add --match 'event_type="fs_create"'`);
    assert.deepEqual(check(created, condition), []);
  }
  for (const conditions of [
    [on('^=', 'fs_')],
    [on('~', 'fs_*')],
    [on('*=', 'e')],
    [is('status', 'deleted'), is('status', 'created')],
    [is('status', 'completed', '!=')],
    [on('*=', 'change'), is('kind', 'fifo')],
  ]) {
    assert.deepEqual(check(...conditions), [], JSON.stringify(conditions));
  }
});

test('a directory of a name that is left out is not told as new', async (t) => {
  const { root, check } = await world(t);
  const created: Condition = { key: 'event_type', op: '=', value: 'fs_create' };
  const said = ['ignored_directory warning'];
  assert.deepEqual(codes(check(created, is('workflow_name', 'node_modules'))), said);
  assert.deepEqual(codes(check(created, is('workflow_name', 'build'))), said);
  assert.deepEqual(codes(check(created, is('path', join(root, 'src/node_modules')))), said);
  assert.deepEqual(check(created, is('workflow_name', 'other')), []);
  assert.deepEqual(check(created, is('workflow_name', 'build'), is('workflow_name', 'other')), []);
});
