/**
 * The operator `~`: a glob on a string. Directories are walked here, in a time that grows with the
 * path; one name at a time is picomatch's, which makes a regular expression of it. What could make
 * that slow is refused, so that no pattern and no event can hold the daemon up.
 */
import { createRequire } from 'node:module';

/** The library's one function that is used here. */
interface Picomatch {
  makeRe(pattern: string, options: Readonly<Record<string, unknown>>): RegExp;
}

/** One name between slashes: a text that it equals, or an expression that it matches. */
type NameTest = string | RegExp;

/** Any directories, none too; as the last of a pattern at least one name. */
const ANY_DEPTH = null;

/** No path is longer on Linux or macOS, in UTF-16 units. A longer text matches no glob. */
export const MAX_GLOB_SUBJECT = 4096;
/** Nor a name in one an eighth of this; a longer one matches no wildcard but `**`. */
export const MAX_GLOB_NAME = 512;
/** Each further one multiplies the time by the length of a name. */
const MAX_STARS = 2;
const MAX_ALTERNATIVES = 8;

const OPTIONS = {
  dot: true,
  noextglob: true,
  nonegate: true,
  posix: true,
  regex: false,
  literalBrackets: false,
  strictBrackets: true,
  strictSlashes: true,
  fastpaths: false,
  windows: false,
  // An expression that does not compile throws in place of matching nothing.
  debug: true,
  flags: 's',
};

/**
 * Compiles a glob, once a subscription.
 * @returns whether a text matches
 * @throws SyntaxError with the reason, for a pattern that is malformed or could be slow
 */
export function compileGlob(pattern: string): (text: string) => boolean {
  if (pattern === '') throw new SyntaxError('the pattern is empty');
  const names = pattern.replace(/^(?:\.\/)+/, '').split('/');
  const tests = names.map((name) => (name === '**' ? ANY_DEPTH : nameTest(name)));
  // Of an absolute path, a pattern that does not begin at the root may match the end.
  const anywhere = names[0] === '' ? tests : [ANY_DEPTH, ...tests];
  return (text) =>
    text.length <= MAX_GLOB_SUBJECT &&
    walk(text.startsWith('/') ? anywhere : tests, text.split('/'));
}

/** Each name is taken by the first place where it fits: going back to an earlier `**` gains nothing. */
function walk(tests: readonly (NameTest | null)[], names: readonly string[]): boolean {
  let test = 0;
  let name = 0;
  let resume: { test: number; name: number } | null = null;
  while (name < names.length) {
    const next = tests[test];
    if (next === ANY_DEPTH) {
      test += 1;
      if (test === tests.length) return true;
      resume = { test, name };
    } else if (next !== undefined && fits(next, names[name] ?? '')) {
      test += 1;
      name += 1;
    } else if (resume !== null) {
      resume.name += 1;
      ({ test, name } = resume);
    } else {
      return false;
    }
  }
  return test === tests.length;
}

/** No wildcard stands for a directory itself or the one above. */
function fits(test: NameTest, name: string): boolean {
  return typeof test === 'string'
    ? test === name
    : name.length <= MAX_GLOB_NAME && name !== '.' && name !== '..' && test.test(name);
}

const ESCAPED = /\\([^])/y;
const CLASS = /\[[!^]?[^[\]\\]+\]/y;
const LITERAL = /[^\\[\]{},*?()|]+|,/y;

/** Reads one name of a pattern: what it holds is counted, and what it may not hold refused. */
function nameTest(pattern: string): NameTest {
  let plain: string | null = '';
  let rewritten = '';
  let stars = 0;
  let ways = 1;
  let alternatives = 0;
  const take = (expression: RegExp, at: number): RegExpExecArray | null => {
    expression.lastIndex = at;
    return expression.exec(pattern);
  };
  for (let at = 0; at < pattern.length;) {
    const escaped = take(ESCAPED, at);
    const literal = escaped === null ? take(LITERAL, at) : null;
    const token = (escaped ?? literal ?? take(CLASS, at))?.[0] ?? pattern.charAt(at);
    at += token.length;
    const text = escaped?.[1] ?? literal?.[0];
    if (text !== undefined && !(text === ',' && literal !== null && alternatives > 0)) {
      plain = plain === null ? null : plain + text;
      rewritten += escape(text);
      continue;
    }
    plain = null;
    rewritten += token;
    if (token === ',') alternatives += 1;
    else if (token === '*') {
      if (pattern.charAt(at) === '*') throw new SyntaxError('** stands alone between slashes');
      stars += 1;
    } else if (token === '{' && alternatives === 0) alternatives = 1;
    else if (token === '}' && alternatives > 1) {
      ways *= alternatives;
      alternatives = 0;
    } else if (token !== '?' && token.length === 1) throw new SyntaxError(whyNot(token));
  }
  if (alternatives > 0) throw new SyntaxError(whyNot('{'));
  if (plain !== null) return plain;
  if (stars > MAX_STARS) {
    throw new SyntaxError(
      `more than ${MAX_STARS} * in one name could be slow; use a second ~ or *=`,
    );
  }
  if (ways > MAX_ALTERNATIVES) {
    throw new SyntaxError(`more than ${MAX_ALTERNATIVES} alternatives in one name could be slow`);
  }
  return expressionOf(rewritten);
}

function whyNot(token: string): string {
  if ('()|'.includes(token)) {
    return `extended patterns with ${token} could be slow; \\\\${token} in the JSON text is the character`;
  }
  if ('{}'.includes(token))
    return 'braces hold two alternatives or more, without braces and slashes';
  if (token === '\\') return 'a backslash stands before a character that is no slash';
  return `${token} without its match; brackets hold characters, without brackets and slashes`;
}

/** Text that the library takes as itself. A backslash before a letter would be one of a regular expression. */
function escape(text: string): string {
  return text.replace(/["\\[\]{},*?()|+@!$^.]/g, '\\$&');
}

let library: Picomatch | null = null;

/** The library is read when the first glob comes. */
function expressionOf(pattern: string): RegExp {
  library ??= createRequire(import.meta.url)('picomatch') as Picomatch;
  return library.makeRe(pattern, OPTIONS);
}
