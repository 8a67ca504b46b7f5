/**
 * The syntax tree of a predicate: readonly nodes and their factories. It says what is asked, not
 * how an event is tested; `compile.ts` does that.
 */

/** A value of JSON without members. Integers beyond 2^53 are bigint, so that 64-bit ids compare exactly. */
export type Scalar = string | number | bigint | boolean | null;
/** Any value of JSON, compared by value. */
export type Literal = Scalar | readonly Literal[] | { readonly [key: string]: Literal };

export type Comparison = '!=' | '<' | '<=' | '>' | '>=' | '^=' | '*=' | '~';
export type Operator = '=' | Comparison;

/** Segments of a dotted key, from the root of the event frame: `fields.tags.0`. */
export type Path = readonly string[];

/** The value at `path` equals one of `values`: repeated `=` on one key. */
export interface OneOf {
  readonly kind: 'one-of';
  readonly path: Path;
  readonly values: readonly Literal[];
}

export interface Compare {
  readonly kind: 'compare';
  readonly operator: Comparison;
  readonly path: Path;
  readonly value: Literal;
}

export type Term = OneOf | Compare;

/** All terms hold. Without terms it holds for every event. */
export interface Predicate {
  readonly kind: 'all';
  readonly terms: readonly Term[];
}

export function oneOf(path: Path, values: readonly Literal[]): OneOf {
  return Object.freeze({
    kind: 'one-of',
    path: Object.freeze([...path]),
    values: Object.freeze([...values]),
  });
}

export function compare(operator: Comparison, path: Path, value: Literal): Compare {
  return Object.freeze({ kind: 'compare', operator, path: Object.freeze([...path]), value });
}

export function all(terms: readonly Term[]): Predicate {
  return Object.freeze({ kind: 'all', terms: Object.freeze([...terms]) });
}

export function isScalar(value: Literal): value is Scalar {
  return typeof value !== 'object' || value === null;
}
