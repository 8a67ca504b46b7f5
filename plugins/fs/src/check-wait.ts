/**
 * What a wait asks for that cannot come, or will not as things are: paths that no event has, places
 * that are not watched, names that the rules leave out. Decides from what it is given and from how
 * the paths stand on the disk; watches nothing.
 */
import { basename, dirname, join, resolve } from 'node:path';
import type { Condition, Waiter } from '@waitbus/plugin-sdk';
import { follow } from './follow.js';
import type { IgnoredBy, IgnoreRules } from './ignore-rules.js';
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

export interface Place {
  readonly given: string;
  readonly real: string;
}

/** A root and what is left out below it. */
export interface CheckedRoot extends Place {
  readonly rules: Pick<IgnoreRules, 'ignoredBy'>;
}

type Finding = Omit<Note, 'alternative'>;

/** What a waiter hears of. */
interface Hearing {
  readonly cwd: string | null;
  readonly roots: readonly CheckedRoot[];
  /** Roots that go with those who asked for them. */
  readonly others: readonly Place[];
}

/**
 * @param roots those that are configured, and the waiter's own
 * @param others the directories of others who wait: what is told to them is heard while they do
 */
export function checkWait(
  { cwd, anyOf }: Pick<Waiter, 'cwd' | 'anyOf'>,
  roots: readonly CheckedRoot[],
  others: readonly Place[] = [],
): readonly Note[] {
  const own = cwd === null ? null : resolve(cwd);
  const hearing: Hearing = {
    cwd: own === null ? null : follow(own).real,
    roots: roots.filter((root) => hears(own, root)),
    others: others.filter((place) => hears(own, place)),
  };
  return anyOf.flatMap((conditions, alternative) =>
    // Several `=` on one key are alternatives: one that can come is enough.
    bestOfEachKey(conditions, (condition) => checkCondition(condition, hearing))
      // Who waits for what appears may mean a directory.
      .filter(({ code }) => code !== 'is_directory' || !conditions.some(asksForCreated))
      .map((finding) => ({ ...finding, alternative })),
  );
}

/** A waiter hears of what lies under its own directory only, and one without a directory of all. */
function hears(own: string | null, { given, real }: Place): boolean {
  return own === null || isAtOrBelow(given, own) || isAtOrBelow(real, follow(own).real);
}

function isAtOrBelow(path: string, directory: string): boolean {
  return path === directory || isWithin(path, directory);
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
  if (typeof value !== 'string' || (op !== '=' && op !== '^=')) return null;
  if (key === 'fields.workflow_name') return checkName(value, op, hearing);
  if (key !== 'fields.path' || value === '') return null;
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
  if (name.includes('/')) {
    const path = name.startsWith('/') ? name : join(cwd ?? '/', name);
    return {
      code: 'name_with_slash',
      level: 'impossible',
      detail: `fields.workflow_name is a base name, ${quote(name)} has a slash`,
      remedy: matchOption('fields.path', op, path),
    };
  }
  if (op !== '=' || roots.length === 0) return null;
  for (const { real, rules } of roots) {
    if (rules.ignoredBy(join(real, name), false) === null) return null;
  }
  const [{ real, rules } = { real: '/', rules: null }] = roots;
  return ignored(
    join(real, name),
    rules?.ignoredBy(join(real, name), false) ?? '.gitignore',
    false,
  );
}

function checkPath(value: string, op: '=' | '^=', hearing: Hearing): Finding | null {
  const real = realOf(value);
  // A prefix may end above the root that it leads into.
  if (op === '^=' && hearing.roots.some((root) => leadsInto(real, root))) return null;
  const over = hearing.roots.filter((root) => isWithin(real, root.real));
  const left = over.map((root) => leftOut(real, root, op));
  const [first] = left;
  if (first === undefined) return outside(value, real, op, hearing);
  if (first !== null && left.every((each) => each !== null)) {
    const finding = ignored(first.path, first.by, first.path !== real || op === '^=');
    const others = hearing.others.filter((other) => isAtOrBelow(other.real, first.path));
    return mayCome(real, op, { ...hearing, others }) ? { ...finding, level: 'warning' } : finding;
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

function leadsInto(prefix: string, { real }: Place): boolean {
  return `${real}/`.startsWith(prefix);
}

/** Whether a root of others may bring it; who has no directory hears of every root to come. */
function mayCome(real: string, op: '=' | '^=', { cwd, others }: Hearing): boolean {
  if (cwd === null) return true;
  return others.some(
    (other) => isWithin(real, other.real) || (op === '^=' && leadsInto(real, other)),
  );
}

function outside(value: string, real: string, op: '=' | '^=', hearing: Hearing): Finding {
  const place = op === '=' || !value.endsWith('/') ? dirname(value) : value;
  const heard = hearing.roots.map((root) => root.real).join(', ');
  return {
    code: 'outside_roots',
    level: mayCome(real, op, hearing) ? 'warning' : 'impossible',
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

function matchOption(key: string, op: string, value: string): string {
  return `--match ${shellWord(`${key}${op}${JSON.stringify(value)}`)}`;
}

function quote(text: string): string {
  return JSON.stringify(text);
}

function shellWord(text: string): string {
  return /^[\w./:@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
