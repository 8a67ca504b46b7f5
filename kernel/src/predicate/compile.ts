/**
 * From syntax tree to a function, once a subscription. A compiled predicate takes the event's frame
 * object and never throws: what an event lacks does not match.
 */
import { COMMON_FIELDS } from '@waitbus/plugin-sdk/envelope';
import type { Comparison, Literal, OneOf, Path, Predicate, Term } from './ast.js';
import { equalTo, isNumeric, type Test } from './equal.js';
import { compileGlob } from './glob.js';

/** The event's frame as an object: what a predicate's key starts from. */
export type Subject = Readonly<Record<string, unknown>>;
export type Matcher = (subject: Subject) => boolean;

const COMMON: ReadonlySet<string> = new Set(COMMON_FIELDS);

export function compile(predicate: Predicate): Matcher {
  const matchers = predicate.terms.map(compileTerm);
  const [first, second] = matchers;
  if (first === undefined) return () => true;
  if (second === undefined) return first;
  return (subject) => {
    for (const matcher of matchers) if (!matcher(subject)) return false;
    return true;
  };
}

function compileTerm(term: Term): Matcher {
  const { path } = term;
  const test =
    term.kind === 'one-of' ? equalsOneOf(term.values) : comparison(term.operator, term.value);
  if (term.kind === 'one-of' && holdsForMissing(term)) {
    return (subject) => {
      const value = valueAt(subject, path);
      return value === undefined || test(value);
    };
  }
  return (subject) => {
    const value = valueAt(subject, path);
    return value !== undefined && test(value);
  };
}

/**
 * Whether an event without the key matches: `= null` on a key of the common vocabulary, which a
 * source may write as null or leave out.
 */
export function holdsForMissing({ path, values }: OneOf): boolean {
  const [root, name, more] = path;
  if (root !== 'fields' || name === undefined || more !== undefined) return false;
  return values.includes(null) && COMMON.has(name);
}

/**
 * The value at a path, or undefined. Only own members count; on a list a segment is an index, from
 * the end when negative.
 */
export function valueAt(subject: Subject, path: Path): unknown {
  let value: unknown = subject;
  for (const segment of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    if (Array.isArray(value)) {
      if (!/^-?\d+$/.test(segment)) return undefined;
      value = (value as readonly unknown[]).at(Number(segment));
    } else {
      if (!Object.hasOwn(value, segment)) return undefined;
      value = (value as Record<string, unknown>)[segment];
    }
  }
  return value;
}

function equalsOneOf(literals: readonly Literal[]): Test {
  const tests = literals.map(equalTo);
  const [first] = tests;
  if (tests.length === 1 && first !== undefined) return first;
  return (value) => tests.some((test) => test(value));
}

function comparison(operator: Comparison, literal: Literal): Test {
  switch (operator) {
    case '!=': {
      const isEqual = equalTo(literal);
      return (value) => !isEqual(value);
    }
    case '<':
      return ordered(literal, (sign) => sign < 0);
    case '<=':
      return ordered(literal, (sign) => sign <= 0);
    case '>':
      return ordered(literal, (sign) => sign > 0);
    case '>=':
      return ordered(literal, (sign) => sign >= 0);
    case '^=':
      return (value) => typeof value === 'string' && value.startsWith(literal as string);
    case '*=':
      return contains(literal);
    case '~': {
      const matches = compileGlob(literal as string);
      return (value) => typeof value === 'string' && matches(value);
    }
  }
}

/** Numbers order with numbers, strings with strings (by UTF-16 code unit); nothing else orders. */
function ordered(literal: Literal, holds: (sign: number) => boolean): Test {
  if (isNumeric(literal)) {
    return (value) => isNumeric(value) && holds(value < literal ? -1 : value > literal ? 1 : 0);
  }
  const text = literal as string;
  return (value) => typeof value === 'string' && holds(value < text ? -1 : value > text ? 1 : 0);
}

/** A string contains a string; a list contains an equal member. */
function contains(literal: Literal): Test {
  const isEqual = equalTo(literal);
  return (value) => {
    if (typeof value === 'string') return typeof literal === 'string' && value.includes(literal);
    return Array.isArray(value) && value.some(isEqual);
  };
}
