/**
 * What a wait asks for that cannot come, or will not as things are: paths that no event has, places
 * that are not watched, names that the rules leave out. Decides from what it is given and from how
 * the paths stand on the disk; watches nothing.
 */
import { join } from 'node:path';
import type { Condition, Waiter } from '@waitbus/plugin-sdk';
import { checkNameGlob, checkPathGlob } from './check-glob.js';
import { checkPath, ignored } from './check-place.js';
import { checkRequest, SOME_DIRECTORY } from './check-request.js';
import {
  hearingOf,
  type CheckedRoot,
  type Finding,
  type Hearing,
  type Note,
  type Place,
} from './hearing.js';
import { matchOption, quote } from './shell-words.js';
import { asksForCreated } from './wishes.js';

/**
 * @param roots those that are configured, and the waiter's own
 * @param others the directories of others who wait: what is told to them is heard while they do
 */
export function checkWait(
  { cwd, anyOf }: Pick<Waiter, 'cwd' | 'anyOf'>,
  roots: readonly CheckedRoot[],
  others: readonly Place[] = [],
): readonly Note[] {
  const hearing = hearingOf({ cwd }, roots, others);
  return anyOf.flatMap((conditions, alternative) =>
    [
      // Several `=` on one key are alternatives: one that can come is enough.
      ...bestOfEachKey(conditions, (condition) => checkCondition(condition, hearing))
        // Who waits for what appears may mean a directory.
        .filter(
          ({ code, level }) =>
            code !== 'is_directory' || level === 'impossible' || !conditions.some(asksForCreated),
        ),
      ...checkRequest(conditions, anyOf.flat(), hearing.roots),
    ].map((finding) => ({ ...finding, alternative })),
  );
}

function bestOfEachKey(
  conditions: readonly Condition[],
  check: (condition: Condition) => Finding | null,
): readonly Finding[] {
  const found: Finding[] = [];
  const equalities = new Map<string, Condition[]>();
  for (const condition of conditions) {
    if (condition.op !== '=') found.push(...listOf(check(condition)));
    else equalities.set(condition.key, [...(equalities.get(condition.key) ?? []), condition]);
  }
  for (const same of equalities.values()) {
    const notes = same.map(check);
    if (notes.every((note) => note !== null)) found.push(...notes.slice(0, 1));
  }
  return found;
}

function listOf(finding: Finding | null): readonly Finding[] {
  return finding === null ? [] : [finding];
}

function checkCondition({ key, op, value }: Condition, hearing: Hearing): Finding | null {
  if (typeof value !== 'string' || value === '') return null;
  if (key === 'fields.workflow_name') {
    if (op === '~') return checkNameGlob(value);
    if (op === '*=') return value.includes('/') ? slashInName(value, hearing.cwd, op) : null;
    return op === '=' || op === '^=' ? checkName(value, op, hearing) : null;
  }
  if (key !== 'fields.path') return null;
  if (op === '~') {
    return checkPathGlob(value, hearing, (prefix) => checkPath(prefix, '^=', hearing));
  }
  if (op !== '=' && op !== '^=') return null;
  if (!value.startsWith('/')) {
    return {
      code: 'relative_path',
      level: 'impossible',
      detail: `fields.path is absolute, ${quote(value)} is not`,
      remedy: matchOption('fields.path', op, join(hearing.cwd ?? '/', value)),
    };
  }
  return checkPath(value, op, hearing);
}

function checkName(name: string, op: '=' | '^=', { cwd, roots }: Hearing): Finding | null {
  if (name.includes('/')) return slashInName(name, cwd, op);
  if (op !== '=') return null;
  for (const { real, rules } of roots) {
    const path = join(real, name);
    const by = rules.ignoredBy(path, false);
    // A rule may be about this one path, and leave the name alone everywhere else.
    if (by === null || rules.ignoredBy(join(real, SOME_DIRECTORY, name), false) === null) {
      return null;
    }
  }
  const [first] = roots;
  if (first === undefined) return null;
  const path = join(first.real, name);
  return ignored(path, first.rules.ignoredBy(path, false) ?? '.gitignore', false);
}

function slashInName(name: string, cwd: string | null, op: '=' | '^=' | '*='): Finding {
  const path = name.startsWith('/') || op === '*=' ? name : join(cwd ?? '/', name);
  return {
    code: 'name_with_slash',
    level: 'impossible',
    detail: `fields.workflow_name is a base name, ${quote(name)} has a slash`,
    remedy: matchOption('fields.path', op, path),
  };
}
