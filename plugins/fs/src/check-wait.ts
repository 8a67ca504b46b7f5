/**
 * What a wait asks for that cannot come, or will not as things are: paths that no event has, places
 * that are not watched, names that the rules leave out. Decides from what it is given and from how
 * the paths stand on the disk; watches nothing.
 */
import { basename, dirname, join, resolve } from 'node:path';
import type { Condition, Waiter } from '@waitbus/plugin-sdk';
import { checkNameGlob, checkPathGlob } from './check-glob.js';
import { checkRequest, SOME_DIRECTORY } from './check-request.js';
import { follow } from './follow.js';
import type { IgnoredBy, IgnoreRules } from './ignore-rules.js';
import { matchOption, quote, shellWord } from './shell-words.js';
import { readStamp } from './stamp.js';
import { asksForCreated, isWithin } from './wishes.js';

/** One line for who waits. */
export interface Note {
  readonly code: string;
  /** `impossible`: it cannot come at all. `warning`: it cannot as things are. */
  readonly level: 'warning' | 'impossible';
  readonly detail: string;
  readonly remedy?: string;
  /** Which of the waiter's alternatives it is about. */
  readonly alternative: number;
}

/** A root and what is left out below it. */
export interface CheckedRoot {
  /** As it is asked for, where that is another name than its own. */
  readonly given?: string;
  readonly real: string;
  readonly rules: Pick<IgnoreRules, 'ignoredBy'>;
}

export type Finding = Omit<Note, 'alternative'>;

/** @param roots those that are watched, the waiter's own among them */
export function checkWait(
  { cwd, anyOf }: Pick<Waiter, 'cwd' | 'anyOf'>,
  roots: readonly CheckedRoot[],
): readonly Note[] {
  const own = cwd === null ? null : follow(resolve(cwd)).real;
  // A waiter hears of what lies under its own directory only.
  const heard = own === null ? roots : roots.filter(({ real }) => real === own);
  return anyOf.flatMap((conditions, alternative) =>
    [
      // Several `=` on one key are alternatives: one that can come is enough.
      ...bestOfEachKey(conditions, (condition) => checkCondition(condition, own, heard))
        // Who waits for what appears may mean a directory.
        .filter(
          ({ code, level }) =>
            code !== 'is_directory' || level === 'impossible' || !conditions.some(asksForCreated),
        ),
      ...checkRequest(conditions, anyOf.flat(), heard),
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

function checkCondition(
  { key, op, value }: Condition,
  cwd: string | null,
  roots: readonly CheckedRoot[],
): Finding | null {
  if (typeof value !== 'string' || value === '') return null;
  if (key === 'fields.workflow_name') {
    if (op === '~') return checkNameGlob(value);
    if (op === '*=') return value.includes('/') ? slashInName(value, cwd, op) : null;
    return op === '=' || op === '^=' ? checkName(value, cwd, roots, op) : null;
  }
  if (key !== 'fields.path') return null;
  if (op === '~') {
    return checkPathGlob(value, cwd, roots, (prefix) => checkPath(prefix, '^=', roots));
  }
  if (op !== '=' && op !== '^=') return null;
  if (!value.startsWith('/')) {
    return {
      code: 'relative_path',
      level: 'impossible',
      detail: `fields.path is absolute, ${quote(value)} is not`,
      remedy: matchOption('fields.path', op, join(cwd ?? '/', value)),
    };
  }
  return checkPath(value, op, roots);
}

function checkName(
  name: string,
  cwd: string | null,
  roots: readonly CheckedRoot[],
  op: '=' | '^=',
): Finding | null {
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

function checkPath(value: string, op: '=' | '^=', roots: readonly CheckedRoot[]): Finding | null {
  const finding = op === '=' ? checkFile(value, roots) : checkPlace(value, op, roots);
  const mayLeadElsewhere =
    finding?.code === 'outside_roots' || finding?.code === 'ignored_path'
      ? follow(value.slice(0, value.lastIndexOf('/')) || '/').links.length > 0
      : false;
  // A symlink on the way may be made a directory, or lead elsewhere, while the wait goes on.
  return finding !== null && mayLeadElsewhere ? { ...finding, level: 'warning' } : finding;
}

function checkFile(value: string, roots: readonly CheckedRoot[]): Finding | null {
  const remedy = matchOption('fields.path', '^=', join(value, '/'));
  const { real } = follow(value);
  if (
    roots.some((root) => root.real === real) &&
    !roots.some((root) => isWithin(real, root.real))
  ) {
    const detail = `${value} is the directory of the wait itself; files are told by their own paths`;
    return { code: 'is_directory', level: 'impossible', detail, remedy };
  }
  if (value.endsWith('/')) {
    const detail = `no path ends with a slash, as ${quote(value)} does`;
    return { code: 'trailing_slash', level: 'impossible', detail, remedy };
  }
  return checkPlace(value, '=', roots);
}

function checkPlace(value: string, op: '=' | '^=', roots: readonly CheckedRoot[]): Finding | null {
  const real = realOf(value);
  const over = roots.filter((root) => isWithin(real, root.real));
  if (over.length === 0) {
    // A prefix may end above the root that it leads into.
    if (op === '^=' && roots.some((root) => `${root.real}/`.startsWith(real))) return null;
    return outside(value, op, roots);
  }
  const left = over.map((root) => leftOut(real, root, op));
  const [first] = left;
  if (first !== undefined && first !== null && left.every((each) => each !== null)) {
    return ignored(first.path, first.by, first.path !== real || op === '^=');
  }
  if (op === '=' && readStamp(real)?.kind === 'directory') {
    return {
      code: 'is_directory',
      level: 'warning',
      detail: `${value} is a directory, and files are told by their own paths`,
      remedy: matchOption('fields.path', '^=', join(value, '/')),
    };
  }
  return null;
}

function outside(value: string, op: '=' | '^=', roots: readonly CheckedRoot[]): Finding {
  const place = op === '=' || !value.endsWith('/') ? dirname(value) : value;
  const heard = roots.map((root) => root.real).join(', ');
  return {
    code: 'outside_roots',
    level: 'impossible',
    detail:
      heard === ''
        ? `${value} is not watched: the wait has no directory`
        : `${value} is outside of what this wait hears of: ${heard}`,
    remedy: `cd ${shellWord(place)}`,
  };
}

/** The first name on the way from the root that the rules leave out. */
function leftOut(
  real: string,
  { real: root, rules }: CheckedRoot,
  op: '=' | '^=',
): { readonly path: string; readonly by: IgnoredBy } | null {
  const names = real.slice(root === '/' ? 1 : root.length + 1).split('/');
  let path = root;
  for (const [n, name] of names.entries()) {
    const isLast = n === names.length - 1;
    // What a prefix ends with may be any part of a name.
    if (name === '' || (isLast && op === '^=')) return null;
    path = join(path, name);
    const by = rules.ignoredBy(path, !isLast);
    if (by !== null) return { path, by };
  }
  return null;
}

function ignored(path: string, by: IgnoredBy, isDirectory: boolean): Finding {
  const code = 'ignored_path';
  if (by === 'built-in') {
    const detail = `${path} is never watched from above, as .git and node_modules are not`;
    return { code, level: 'impossible', detail, remedy: `cd ${shellWord(path)}` };
  }
  if (by === 'configured') {
    const detail = `${path} is left out by sources.fs.ignore of the configuration`;
    return { code, level: 'warning', detail, remedy: 'waitbus config unset sources.fs.ignore' };
  }
  const detail = `${path} is left out by a .gitignore file`;
  const remedy = isDirectory
    ? `cd ${shellWord(path)}`
    : `printf '!%s\\n' ${shellWord(basename(path))} >>${shellWord(join(dirname(path), '.gitignore'))}`;
  return { code, level: 'warning', detail, remedy };
}

/** Without symlinks but for the last name: that one is told as it is. */
function realOf(path: string): string {
  const end = path.lastIndexOf('/');
  const { real } = follow(path.slice(0, end) || '/');
  return (real === '/' ? '' : real) + path.slice(end);
}
