/**
 * From syntax tree to a function, once a subscription. A compiled predicate takes the event's frame
 * object and never throws: what an event lacks does not match.
 */
import type { Comparison, Literal, Path, Predicate, Term } from './ast.js';

/** The event's frame as an object: what a predicate's key starts from. */
export type Subject = Readonly<Record<string, unknown>>;
export type Matcher = (subject: Subject) => boolean;

type Test = (value: unknown) => boolean;

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
  return (subject) => {
    const value = valueAt(subject, path);
    return value !== undefined && test(value);
  };
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

/** Exact types: 12345 is not "12345". A number and a bigint of the same value are equal. */
function equals(value: unknown, literal: Literal): boolean {
  if (value === literal) return true;
  // The loose comparison is the exact one between a number and a bigint.
  // eslint-disable-next-line eqeqeq
  return isNumeric(value) && isNumeric(literal) && value == literal;
}

function equalsOneOf(literals: readonly Literal[]): Test {
  const [first] = literals;
  if (literals.length === 1 && first !== undefined) return (value) => equals(value, first);
  return (value) => literals.some((literal) => equals(value, literal));
}

function comparison(operator: Comparison, literal: Literal): Test {
  switch (operator) {
    case '!=':
      return (value) => !equals(value, literal);
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
  return (value) => {
    if (typeof value === 'string') return typeof literal === 'string' && value.includes(literal);
    return Array.isArray(value) && value.some((member) => equals(member, literal));
  };
}

function isNumeric(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}
