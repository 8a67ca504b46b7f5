/**
 * What is wrong with the path of a file, or with a prefix of paths: no file has it, it lies where
 * the waiter hears of nothing, or the rules leave it out. Looks at how the paths stand on the disk.
 */
import { basename, dirname, join } from 'node:path';
import { follow } from './follow.js';
import {
  isAtOrBelow,
  leadsInto,
  mayCome,
  type CheckedRoot,
  type Finding,
  type Hearing,
} from './hearing.js';
import type { IgnoredBy } from './ignore-rules.js';
import { matchOption, quote, shellWord } from './shell-words.js';
import { readStamp } from './stamp.js';
import { isWithin } from './wishes.js';

export function checkPath(value: string, op: '=' | '^=', hearing: Hearing): Finding | null {
  const finding = op === '=' ? checkFile(value, hearing) : checkPlace(value, op, hearing);
  const mayLeadElsewhere =
    finding?.code === 'outside_roots' || finding?.code === 'ignored_path'
      ? follow(value.slice(0, value.lastIndexOf('/')) || '/').links.length > 0
      : false;
  // A symlink on the way may be made a directory, or lead elsewhere, while the wait goes on.
  return finding !== null && mayLeadElsewhere ? { ...finding, level: 'warning' } : finding;
}

function checkFile(value: string, hearing: Hearing): Finding | null {
  const remedy = matchOption('fields.path', '^=', join(value, '/'));
  const { roots } = hearing;
  const { real } = follow(value);
  if (
    roots.some((root) => root.real === real) &&
    !roots.some((root) => isWithin(real, root.real))
  ) {
    const detail = `${value} is the directory of the wait itself; files are told by their own paths`;
    const level = mayCome(real, '=', hearing) ? 'warning' : 'impossible';
    return { code: 'is_directory', level, detail, remedy };
  }
  if (value.endsWith('/')) {
    const detail = `no path ends with a slash, as ${quote(value)} does`;
    return { code: 'trailing_slash', level: 'impossible', detail, remedy };
  }
  return checkPlace(value, '=', hearing);
}

function checkPlace(value: string, op: '=' | '^=', hearing: Hearing): Finding | null {
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

export function ignored(path: string, by: IgnoredBy, isDirectory: boolean): Finding {
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
