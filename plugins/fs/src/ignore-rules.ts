/**
 * Which paths under one root are not observed: fixed names, the user's patterns, and .gitignore
 * files from the top of the enclosing repository down. Reads .gitignore files when first needed;
 * who changes one calls `forget`. Does not watch anything.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import ignore, { type Ignore } from 'ignore';

export interface IgnoreOptions {
  readonly ignore: readonly string[];
  readonly gitignore: boolean;
}

const ALWAYS = /(?:^|\/)(?:\.git|node_modules)(?:\/|$)/;
/** File names match as git does by default on each system. */
const MATCHING = { ignorecase: process.platform === 'win32' || process.platform === 'darwin' };
/** The matcher remembers every path that it was asked about; it is replaced before that adds up. */
const MAX_QUESTIONS = 50_000;

interface Matcher {
  rules: Ignore;
  questions: number;
  /** Whether there is a rule at all. */
  readonly any: boolean;
}

export class IgnoreRules {
  /**
   * Where the git rules start: the repository's top, or the root outside of one or where the rules
   * above it would leave nothing.
   */
  readonly base: string;
  readonly #root: string;
  readonly #gitignore: boolean;
  readonly #own: Matcher;
  /** By directory: its own rules after those of its parents, so that the deepest match decides. */
  readonly #matchers = new Map<string, Matcher>();

  constructor(root: string, options: IgnoreOptions) {
    this.#root = root;
    this.#gitignore = options.gitignore;
    this.#own = matcherOf(ignore(MATCHING).add(options.ignore), options.ignore.length > 0);
    this.base = options.gitignore ? repositoryOf(root) : root;
    // Whoever watches a directory that git ignores (a build's output, say) means what is in it.
    if (this.#ignoresRoot()) {
      this.base = root;
      this.#matchers.clear();
    }
  }

  /** Whether a path below the root is ignored, itself or by a directory above it. */
  ignores(path: string, isDirectory: boolean): boolean {
    const inRoot = below(this.#root, path);
    if (ALWAYS.test(inRoot)) return true;
    const tail = isDirectory ? '/' : '';
    if (ask(this.#own, inRoot + tail)) return true;
    if (!this.#gitignore) return false;
    return ask(this.#matcherOf(dirname(path)), below(this.base, path) + tail);
  }

  /** Whether rules above the root leave nothing of it to observe. */
  #ignoresRoot(): boolean {
    if (!this.#gitignore || this.base === this.#root) return false;
    const path = below(this.base, this.#root);
    return ask(this.#matcherOf(dirname(this.#root)), `${path}/`);
  }

  /** A .gitignore in `directory` may have changed, or the directory is another one now. */
  forget(directory: string): void {
    const below = directory + sep;
    for (const known of this.#matchers.keys()) {
      if (known === directory || known.startsWith(below)) this.#matchers.delete(known);
    }
  }

  #matcherOf(directory: string): Matcher {
    const known = this.#matchers.get(directory);
    if (known !== undefined) return known;
    const parent =
      directory === this.base || directory === dirname(directory)
        ? matcherOf(ignore(MATCHING), false)
        : this.#matcherOf(dirname(directory));
    const patterns = readPatterns(join(directory, '.gitignore'));
    const within = below(this.base, directory);
    const matcher =
      patterns.length === 0
        ? parent
        : matcherOf(
            ignore(MATCHING)
              .add(parent.rules)
              .add(patterns.map((pattern) => rebasePattern(pattern, within))),
            true,
          );
    this.#matchers.set(directory, matcher);
    return matcher;
  }
}

/**
 * A line of a .gitignore in the directory `within` as a pattern of the repository's top, so that
 * all rules stand in one list and the last match decides (gitignore(5)).
 */
export function rebasePattern(line: string, within: string): string {
  if (within === '' || /^(#|\s*$)/.test(line)) return line;
  const [, negation = '', pattern = ''] = /^(!?)(.*)$/.exec(line) ?? [];
  const prefix = `/${within.replace(/[\\*?[\] !#]/g, '\\$&')}/`;
  const anchored = /\/(?=.*\S)/.test(pattern.replace(/\/\s*$/, ''));
  const rest = pattern.replace(/^\//, '').replace(/^\\(?=[#!])/, '');
  return `${negation}${prefix}${anchored ? '' : '**/'}${rest}`;
}

function matcherOf(rules: Ignore, any: boolean): Matcher {
  return { rules, any, questions: 0 };
}

function ask(matcher: Matcher, path: string): boolean {
  if (!matcher.any) return false;
  // Only a path outside the base has no place in the matcher, and nothing there is ignored.
  if (!ignore.isPathValid(path)) return false;
  matcher.questions += 1;
  if (matcher.questions > MAX_QUESTIONS) {
    matcher.rules = ignore(MATCHING).add(matcher.rules);
    matcher.questions = 0;
  }
  return matcher.rules.ignores(path);
}

function readPatterns(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8')
      .replace(/^\uFEFF/, '')
      .split(/\r?\n/);
  } catch {
    return [];
  }
}

function repositoryOf(root: string): string {
  for (let at = root; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at;
    if (at === dirname(at)) return root;
  }
}

/** The path relative to a directory that it lies in, or that it is, with slashes. */
function below(directory: string, path: string): string {
  const start = directory.endsWith(sep) ? directory.length : directory.length + 1;
  const text = path.slice(start);
  return sep === '/' ? text : text.replaceAll(sep, '/');
}
