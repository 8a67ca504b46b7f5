/**
 * The grammar: `dotted.key OP json_literal`. Text to syntax tree, with every refusal quoting the
 * text and naming the place and the reason. Pure; used by the daemon and, for an early answer, by
 * clients.
 */
import { parseJson, WaitbusError } from '@waitbus/plugin-sdk/envelope';
import {
  all,
  compare,
  oneOf,
  type Literal,
  type Operator,
  type Path,
  type Predicate,
  type Term,
} from './ast.js';
import { compileGlob } from './glob.js';
import { bad, scanHead, type Head } from './scan.js';

export const MAX_SPEC_BYTES = 256;
export const MAX_SPECS = 64;

interface Spec {
  readonly path: Path;
  readonly operator: Operator;
  readonly value: Literal;
}

/**
 * Parses the specs of one conjunction. Repeated `=` on one key is OR; everything else is AND.
 * @throws WaitbusError WAITBUS_BAD_PREDICATE that quotes the spec
 */
export function parsePredicate(specs: readonly string[]): Predicate {
  if (specs.length > MAX_SPECS) {
    throw new WaitbusError(
      'WAITBUS_BAD_PREDICATE',
      `${specs.length} predicates are more than the ${MAX_SPECS} that a subscription may have`,
    );
  }
  const equalities = new Map<string, { path: Path; values: Literal[] }>();
  const terms: Term[] = [];
  for (const spec of specs.map(parseSpec)) {
    if (spec.operator !== '=') {
      terms.push(compare(spec.operator, spec.path, spec.value));
      continue;
    }
    const key = JSON.stringify(spec.path);
    const group = equalities.get(key);
    if (group === undefined) equalities.set(key, { path: spec.path, values: [spec.value] });
    else group.values.push(spec.value);
  }
  return all([
    ...[...equalities.values()].map(({ path, values }) => oneOf(path, values)),
    ...terms,
  ]);
}

function parseSpec(text: string): Spec {
  if (Buffer.byteLength(text) > MAX_SPEC_BYTES) {
    throw bad(`${text.slice(0, 40)}...`, 0, `is longer than ${MAX_SPEC_BYTES} bytes`);
  }
  const head = scanHead(text);
  const value = parseLiteral(text, head.valueAt);
  checkTypes(text, head, value);
  return { path: head.path, operator: head.operator, value };
}

function parseLiteral(text: string, at: number): Literal {
  const literal = text.slice(at).trim();
  if (literal === '') throw bad(text, at, 'has no value after the operator');
  try {
    return parseJson(literal) as Literal;
  } catch {
    const hint = /^['\w./@:+-]+$/.test(literal)
      ? `; a string needs double quotes: ${JSON.stringify(literal.replaceAll("'", ''))}`
      : '';
    throw bad(text, at, `${literal} is not a JSON literal${hint}`);
  }
}

function checkTypes(text: string, { operator, valueAt }: Head, value: Literal): void {
  const type = typeOf(value);
  switch (operator) {
    case '<':
    case '<=':
    case '>':
    case '>=':
      if (type !== 'string' && type !== 'number') {
        throw bad(text, valueAt, `${operator} compares numbers or strings, not ${type}`);
      }
      return;
    case '^=':
    case '~':
      if (typeof value !== 'string') throw bad(text, valueAt, `${operator} takes a string`);
      if (operator === '~') checkGlob(text, valueAt, value);
      return;
    case '=':
    case '!=':
    case '*=':
      return;
  }
}

function checkGlob(text: string, at: number, pattern: string): void {
  try {
    compileGlob(pattern);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw bad(text, at, `the glob ${pattern} is refused: ${error.message}`);
  }
}

function typeOf(value: Literal): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  return typeof value === 'bigint' ? 'number' : typeof value;
}
