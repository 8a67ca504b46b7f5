/**
 * Which paths under one root are not observed: fixed names, the user's patterns, and .gitignore
 * files from the top of the enclosing repository down, save for what git tracks. Reads .gitignore
 * files when first needed; who changes one calls `forget`. Does not watch anything.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { systemPath } from './file-name.js';
import { GitIndex } from './git-index.js';

export interface IgnoreOptions {
  readonly ignore: readonly string[];
  readonly gitignore: boolean;
}

/** A path that is one of these directories or lies in one. */
const ALWAYS = /(?:^|\/)(?:\.git|node_modules)\//;
/** File names match as git does by default on each system. */
const MATCHING = { ignorecase: process.platform === 'win32' || process.platform === 'darwin' };
/** The matcher remembers every path that it was asked about; it is replaced before that adds up. */
const MAX_QUESTIONS = 50_000;

interface Matcher {
  rules: Ignore;
  questions: number;
  /** Whether there is a rule at all. */
  readonly any: boolean;
  /** The directory that the rules are relative to. */
  readonly base: string;
}

/** `built-in`: .git and node_modules. `configured`: the `ignore` of the configuration. */
export type IgnoredBy = 'built-in' | 'configured' | '.gitignore';

export class IgnoreRules {
  /** The top of the repository around the root; the root itself outside of one. */
  top: string;
  readonly #root: string;
  readonly #gitignore: boolean;
  readonly #own: Matcher;
  /** Where the git rules start; null until it is asked for. */
  #base: string | null = null;
  /** By directory: its own rules after those of its parents, so that the deepest match decides. */
  readonly #matchers = new Map<string, Matcher>();
  /** By the top of the repository. */
  readonly #indexes = new Map<string, GitIndex>();

  constructor(root: string, options: IgnoreOptions) {
    this.#root = root;
    this.#gitignore = options.gitignore;
    this.#own = matcherOf(root, ignore(MATCHING).add(options.ignore), options.ignore.length > 0);
    this.top = options.gitignore ? repositoryOf(root) : root;
  }

  /** Whether a path below the root is ignored, itself or by a directory above it. */
  ignores(path: string, isDirectory: boolean): boolean {
    return this.ignoredBy(path, isDirectory) !== null;
  }

  /** Which rule leaves the path out; null when none does. */
  ignoredBy(path: string, isDirectory: boolean): IgnoredBy | null {
    const tail = isDirectory ? '/' : '';
    const inRoot = below(this.#root, path) + tail;
    if (ALWAYS.test(inRoot)) return 'built-in';
    if (ask(this.#own, inRoot)) return 'configured';
    if (!this.#gitignore) return null;
    const matcher = this.#matcherOf(dirname(path));
    const inBase = below(matcher.base, path);
    if (!ask(matcher, inBase + tail)) return null;
    return this.#isTracked(matcher.base, path, isDirectory) ? null : '.gitignore';
  }

  /** A .gitignore or a .git in `directory` may have changed, or the directory is another one. */
  forget(directory: string): void {
    if (this.#root === directory || this.#root.startsWith(join(directory, sep))) {
      this.#matchers.clear();
      this.#indexes.clear();
      this.#base = null;
      this.top = this.#gitignore ? repositoryOf(this.#root) : this.#root;
      return;
    }
    const below = directory + sep;
    for (const known of [this.#matchers, this.#indexes]) {
      for (const path of known.keys()) {
        if (path === directory || path.startsWith(below)) known.delete(path);
      }
    }
  }

  /**
   * The repository's top, or the root outside of one or where the rules above it would leave
   * nothing: whoever watches a directory that git ignores (a build's output, say) means what is in it.
   */
  get #start(): string {
    if (this.#base !== null) return this.#base;
    this.#base = this.top;
    if (this.top === this.#root) return this.#base;
    const path = below(this.top, this.#root);
    if (ask(this.#matcherOf(dirname(this.#root)), `${path}/`)) {
      if (!this.#isTracked(this.top, this.#root, true)) {
        this.#base = this.#root;
        this.#matchers.clear();
      }
    }
    return this.#base;
  }

  #isTracked(base: string, path: string, isDirectory: boolean): boolean {
    const top = base === this.#root ? this.top : base;
    const index = this.#indexes.get(top) ?? new GitIndex(top);
    this.#indexes.set(top, index);
    return index.has(below(top, path), isDirectory);
  }

  #matcherOf(directory: string): Matcher {
    const start = this.#start;
    const known = this.#matchers.get(directory);
    if (known !== undefined) return known;
    const isTop = directory === start || directory === dirname(directory);
    // A repository within the tree has rules of its own, as it has files of its own.
    const isInner = !isTop && directory !== this.#root && hasRepository(directory);
    const parent =
      isTop || isInner
        ? matcherOf(directory, ignore(MATCHING), false)
        : this.#matcherOf(dirname(directory));
    const patterns = readPatterns(join(directory, '.gitignore'));
    const within = below(parent.base, directory);
    // What a directory says of itself as a whole (`*`, as tools write it into their output) is for
    // those who are outside of it.
    const counts = directory !== this.#root || !leaveNothing(patterns);
    const matcher =
      patterns.length === 0 || !counts
        ? parent
        : matcherOf(
            parent.base,
            ignore(MATCHING)
              .add(parent.rules)
              .add(patterns.map((pattern) => rebasePattern(pattern, within))),
            true,
          );
    this.#matchers.set(directory, matcher);
    return matcher;
  }
}

/** Whether the lines of a .gitignore leave out all that there is. */
export function leaveNothing(patterns: readonly string[]): boolean {
  const rules = patterns.map((line) => line.trimEnd()).filter((line) => !/^(#|$)/.test(line));
  return (
    rules.some((rule) => /^\/?(?:\*\*\/)*\*\*?$/.test(rule)) &&
    !rules.some((rule) => rule.startsWith('!') && rule !== '!.gitignore')
  );
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

function matcherOf(base: string, rules: Ignore, any: boolean): Matcher {
  return { base, rules, any, questions: 0 };
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
    return readFileSync(systemPath(file), 'utf8')
      .replace(/^\uFEFF/, '')
      .split(/\r?\n/);
  } catch {
    return [];
  }
}

function repositoryOf(root: string): string {
  for (let at = root; ; at = dirname(at)) {
    if (hasRepository(at)) return at;
    if (at === dirname(at)) return root;
  }
}

function hasRepository(directory: string): boolean {
  return existsSync(systemPath(join(directory, '.git')));
}

/** The path relative to a directory that it lies in, or that it is, with slashes. */
function below(directory: string, path: string): string {
  const start = directory.endsWith(sep) ? directory.length : directory.length + 1;
  const text = path.slice(start);
  return sep === '/' ? text : text.replaceAll(sep, '/');
}
