/**
 * Equality of a value of an event and a literal, by value. Types are exact: 12345 is not "12345". A
 * number and a bigint of the same value are equal, and 1 is 1.0, at every depth; the members of an
 * object have no order, those of a list do.
 */
import { isScalar, type Literal, type Scalar } from './ast.js';

export type Test = (value: unknown) => boolean;

/** The test for one literal, chosen once, so that a scalar costs what it always did. */
export function equalTo(literal: Literal): Test {
  return isScalar(literal)
    ? (value) => equalsScalar(value, literal)
    : (value) => equals(value, literal);
}

export function isNumeric(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

function equalsScalar(value: unknown, literal: Scalar): boolean {
  if (value === literal) return true;
  // The loose comparison is the exact one between a number and a bigint.
  // eslint-disable-next-line eqeqeq
  return isNumeric(value) && isNumeric(literal) && value == literal;
}

/** As deep as the literal, which its text bounds. */
function equals(value: unknown, literal: Literal): boolean {
  if (isScalar(literal)) return equalsScalar(value, literal);
  if (typeof value !== 'object' || value === null) return false;
  if (isList(literal)) {
    return (
      isList(value) &&
      value.length === literal.length &&
      literal.every((member, at) => equals(value[at], member))
    );
  }
  if (isList(value)) return false;
  const keys = Object.keys(literal);
  return (
    Object.keys(value).length === keys.length &&
    keys.every(
      (key) =>
        Object.hasOwn(value, key) &&
        equals((value as Readonly<Record<string, unknown>>)[key], literal[key] as Literal),
    )
  );
}

function isList<Member>(value: readonly Member[] | object): value is readonly Member[] {
  return Array.isArray(value);
}
