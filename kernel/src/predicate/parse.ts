/**
 * The grammar: `dotted.key OP json_literal`. Text to syntax tree, with every refusal quoting the
 * text and naming the reason. Pure; used by the daemon and, for an early answer, by clients.
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

export const MAX_SPEC_BYTES = 256;
export const MAX_SPECS = 64;

/** A key without operator characters, quotes or blanks; then an operator; then the rest. */
const SPEC = /^\s*([^\s=!<>^*"]+)\s*(!=|<=|>=|\^=|\*=|=|<|>)\s*([\s\S]*?)\s*$/;

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
    const key = spec.path.join('.');
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
    throw bad(`${text.slice(0, 40)}...`, `is longer than ${MAX_SPEC_BYTES} bytes`);
  }
  const match = SPEC.exec(text);
  if (match === null) throw bad(text, whyNoSpec(text));
  const [, key = '', operator = '', literal = ''] = match;
  const path = key.split('.');
  if (path.includes('')) throw bad(text, `the key ${key} has an empty segment`);
  return checkTypes(text, {
    path,
    operator: operator as Operator,
    value: parseLiteral(text, literal),
  });
}

function whyNoSpec(text: string): string {
  if (text.trim() === '') return 'is empty';
  if (!/[=<>]/.test(text)) return 'has no operator; use one of = != < <= > >= ^= *=';
  return 'does not begin with a dotted.key and an operator (= != < <= > >= ^= *=)';
}

function parseLiteral(text: string, literal: string): Literal {
  if (literal === '') throw bad(text, 'has no value after the operator');
  let value: unknown;
  try {
    value = parseJson(literal);
  } catch {
    const hint = /^['\w./@:+-]+$/.test(literal)
      ? `; a string needs double quotes: ${JSON.stringify(literal.replaceAll("'", ''))}`
      : '';
    throw bad(text, `${literal} is not a JSON literal${hint}`);
  }
  if (typeof value === 'object' && value !== null) {
    throw bad(text, 'the value must be a string, a number, true, false or null');
  }
  return value as Literal;
}

function checkTypes(text: string, spec: Spec): Spec {
  const type = spec.value === null ? 'null' : typeof spec.value;
  switch (spec.operator) {
    case '<':
    case '<=':
    case '>':
    case '>=':
      if (type === 'boolean' || type === 'null') {
        throw bad(text, `${spec.operator} compares numbers or strings, not ${type}`);
      }
      return spec;
    case '^=':
      if (type !== 'string') throw bad(text, `${spec.operator} takes a string`);
      return spec;
    case '=':
    case '!=':
    case '*=':
      return spec;
  }
}

function bad(spec: string, reason: string): WaitbusError {
  return new WaitbusError('WAITBUS_BAD_PREDICATE', `bad predicate '${spec}': ${reason}`);
}
