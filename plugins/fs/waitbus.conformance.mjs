/** For the conformance kit: a file is saved, and deleted; a directory appears for who asks for it. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const CREATED = { key: 'event_type', op: '=', value: 'fs_create' };

export function waiters({ directory }) {
  return [{ id: 1, cwd: directory, env: null, filters: [], anyOf: [[], [CREATED]] }];
}

export async function provoke({ directory, round, until }) {
  const names = Array.from({ length: 10 }, (_, at) => join(directory, `file-${round}-${at}`));
  for (const name of names) writeFileSync(name, name);
  for (const name of names) await until(is('fs_change', name));
  for (const name of names) rmSync(name);
  for (const name of names) await until(is('fs_delete', name));
  const made = join(directory, `made-${round}`);
  mkdirSync(made);
  await until(is('fs_create', made));
}

export function expect(events) {
  const { fields } = events.find(({ event_type: type }) => type === 'fs_change');
  if (!fields.path.endsWith(fields.workflow_name)) throw new Error(`${fields.path} has no name`);
}

function is(type, path) {
  return ({ event_type: of, fields }) => of === type && fields.path === path;
}
