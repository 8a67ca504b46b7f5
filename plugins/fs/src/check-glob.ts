/**
 * What a glob on a name or a path asks for and cannot get. Knows of the grammar of globs where a
 * pattern begins to be one, and how many names it takes; looks at how the paths stand on the disk.
 */
import { join } from 'node:path';
import { follow } from './follow.js';
import { isAtOrBelow, type CheckedRoot, type Finding, type Hearing } from './hearing.js';
import { matchOption, quote } from './shell-words.js';

const WILD = /[*?[\]{}()\\!+@|]/;

/** A name is one name; a pattern that takes more matches none. */
export function checkNameGlob(pattern: string): Finding | null {
  const names = pattern.replace(/^(?:\.\/)+/, '').split('/');
  const single = names.filter((name) => name !== '**').length;
  // `**` at the end takes at least one.
  const least = single + (names.at(-1) === '**' ? 1 : 0);
  if (least <= 1) return null;
  return {
    code: 'name_with_slash',
    level: 'impossible',
    detail: `fields.workflow_name is a base name, ${quote(pattern)} asks for more`,
    remedy: matchOption('fields.path', '~', pattern),
  };
}

/** @param checkPrefix says what is wrong with a directory, as a prefix of paths */
export function checkPathGlob(
  pattern: string,
  { cwd, roots }: Hearing,
  checkPrefix: (prefix: string) => Finding | null,
): Finding | null {
  const names = pattern.replace(/^(?:\.\/)+/, '').split('/');
  if (names.slice(1).includes('') || names.some((name) => name === '.' || name === '..')) {
    return neverAPath(pattern, cwd);
  }
  if (names[0] !== '') return null;
  const wild = names.findIndex((name) => WILD.test(name));
  const base = names.slice(0, wild === -1 ? -1 : wild).join('/') || '/';
  return checkPrefix(join(base, '/')) ?? checkSpelling(pattern, base, roots);
}

function neverAPath(pattern: string, cwd: string | null): Finding {
  const isOpen = pattern.endsWith('/');
  const whole = pattern.startsWith('/') ? join(pattern) : join(cwd ?? '/', pattern);
  // In the name of the directory a wildcard would be one.
  const isPlain = pattern.startsWith('/') || !WILD.test(cwd ?? '');
  return {
    code: isOpen ? 'trailing_slash' : 'relative_path',
    level: 'impossible',
    detail: isOpen
      ? `no path ends with a slash, as ${quote(pattern)} does`
      : `fields.path is absolute and has no . and .., ${quote(pattern)} has`,
    ...(isPlain ? { remedy: matchOption('fields.path', '~', whole + (isOpen ? '**' : '')) } : {}),
  };
}

/** By another spelling of a directory than its own only `=` and `^=` are told. */
function checkSpelling(
  pattern: string,
  base: string,
  roots: readonly CheckedRoot[],
): Finding | null {
  const { real } = follow(base);
  const over = roots.filter((root) => isAtOrBelow(real, root.real));
  const told = over.map((root) =>
    join(root.given, real.slice(root.real === '/' ? 0 : root.real.length)),
  );
  const [first] = told;
  if (first === undefined || told.includes(base)) return null;
  return {
    code: 'other_spelling',
    level: 'warning',
    detail: `what is in ${base} is told as in ${first}, which a glob is compared with`,
    remedy: matchOption('fields.path', '~', first + pattern.slice(base.length)),
  };
}
