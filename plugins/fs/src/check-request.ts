/**
 * What a wait for something that is no file lacks: `fs_create` is told to who asks for it by the
 * event type alone, and directories have ignore rules of their own. Watches nothing.
 */
import { join } from 'node:path';
import type { Condition } from '@waitbus/plugin-sdk';
import type { CheckedRoot, Finding } from './hearing.js';
import { matchOption } from './shell-words.js';
import { asksForCreated, isWithin } from './wishes.js';

const TYPES = ['fs_change', 'fs_delete', 'fs_create'];
const STATUSES = ['completed', 'deleted', 'created'];
/** A directory below a root of which no rule knows. */
export const SOME_DIRECTORY = 'waitbus-any-directory';

/** @param all what the wait asks for in every alternative: it is told what one of them asks for */
export function checkRequest(
  conditions: readonly Condition[],
  all: readonly Condition[],
  roots: readonly CheckedRoot[],
): readonly Finding[] {
  if (conditions.some(asksForCreated)) return ignoredDirectory(conditions, roots);
  if (all.some(asksForCreated) || !isForCreatedAlone(conditions)) return [];
  return [
    {
      code: 'on_request',
      level: 'warning',
      detail: 'sockets, FIFOs and directories are told to who asks for them by the event type',
      remedy: `add ${matchOption('event_type', '=', 'fs_create')}`,
    },
  ];
}

/** Whether nothing but an `fs_create` can meet the conditions. */
function isForCreatedAlone(conditions: readonly Condition[]): boolean {
  const types = left(TYPES, conditions, ['event_type', 'fields.event_type']);
  if (!types.includes('fs_create')) return false;
  const statuses = left(STATUSES, conditions, ['fields.status', 'status']);
  if (!statuses.includes('created')) return false;
  if (types.length === 1 || statuses.length === 1) return true;
  return conditions.some(
    ({ key, op, value }) => key === 'fields.kind' && op !== '!=' && value !== null,
  );
}

/** Which of the values a key has meet the conditions on it. */
function left(
  values: readonly string[],
  conditions: readonly Condition[],
  keys: readonly string[],
): readonly string[] {
  const own = conditions.filter(({ key }) => keys.includes(key));
  const equal = own.filter(({ op }) => op === '=');
  return values.filter(
    (text) =>
      (equal.length === 0 || equal.some(({ value }) => value === text)) &&
      own.every((condition) => condition.op === '=' || mayHold(condition, text)),
  );
}

function mayHold({ op, value }: Condition, text: string): boolean {
  if (op === '!=') return value !== text;
  if (typeof value !== 'string') return true;
  if (op === '^=') return text.startsWith(value);
  if (op === '*=') return text.includes(value);
  // What other globs mean is not known here.
  if (op !== '~' || !/^[\w*?]+$/.test(value)) return true;
  return new RegExp(`^${value.replace(/\*+/g, '.*').replaceAll('?', '.')}$`).test(text);
}

/** A name that is left out as a directory's, though not as a file's. */
function ignoredDirectory(
  conditions: readonly Condition[],
  roots: readonly CheckedRoot[],
): readonly Finding[] {
  const names = equalTo(conditions, 'fields.workflow_name').filter((name) => !name.includes('/'));
  const paths = equalTo(conditions, 'fields.path');
  const isLeftOut = (paths: readonly string[], { rules }: CheckedRoot): boolean =>
    paths.every((path) => rules.ignoredBy(path, true) !== null) &&
    paths.some((path) => rules.ignoredBy(path, false) === null);
  const byName = names.map((name) =>
    roots.every((root) =>
      isLeftOut([join(root.real, name), join(root.real, SOME_DIRECTORY, name)], root),
    ),
  );
  const byPath = paths.map((path) => {
    const over = roots.filter(({ real }) => isWithin(path, real));
    return over.length > 0 && over.every((root) => isLeftOut([path], root));
  });
  return [
    { given: names, leftOut: byName },
    { given: paths, leftOut: byPath },
  ].flatMap(({ given, leftOut }): readonly Finding[] => {
    const [first] = given;
    if (first === undefined || roots.length === 0 || !leftOut.every(Boolean)) return [];
    const detail = `a directory ${first} is left out by the ignore rules, and not told`;
    return [{ code: 'ignored_directory', level: 'warning', detail }];
  });
}

function equalTo(conditions: readonly Condition[], wanted: string): readonly string[] {
  return conditions.flatMap(({ key, op, value }) =>
    key === wanted && op === '=' && typeof value === 'string' ? [value] : [],
  );
}
