/**
 * The shape of a predicate in a text: where its key, its operator and its value stand. What the
 * value may be is decided in `parse.ts`.
 */
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import type { Operator, Path } from './ast.js';

const OPERATORS: readonly Operator[] = ['=', '!=', '<', '<=', '>', '>=', '^=', '*=', '~'];
const OPERATOR_LIST = '= != < <= > >= ^= (prefix) *= (contains) ~ (glob)';

/** Without operator characters, quotes, dots and blanks. */
const BARE = /[^\s=!<>^*~".]+/y;
const QUOTED = /"(?:[^"\\]|\\[^])*"/y;
const BLANKS = /\s*/y;
/** The longest run, so that `==` is not taken for `=`. */
const OPERATOR = /[=!<>^*~]+/y;

/** A key and its operator, and where the value begins. */
export interface Head {
  readonly path: Path;
  readonly operator: Operator;
  readonly valueAt: number;
}

/** @throws WaitbusError WAITBUS_BAD_PREDICATE that quotes the text */
export function scanHead(text: string): Head {
  if (text.trim() === '') throw bad(text, 0, 'is empty');
  const start = endOf(BLANKS, text, 0);
  const path: string[] = [];
  let at = start - 1;
  do {
    const next = scanSegment(text, at + 1, start);
    path.push(next.segment);
    at = next.end;
  } while (text.charAt(at) === '.');
  const operatorAt = endOf(BLANKS, text, at);
  const end = endOf(OPERATOR, text, operatorAt);
  if (end === operatorAt) throw bad(text, operatorAt, whyNoHead(text));
  const written = text.slice(operatorAt, end);
  const operator = OPERATORS.find((one) => one === written);
  if (operator === undefined) {
    throw bad(text, operatorAt, `${written} is no operator; there are ${OPERATOR_LIST}`);
  }
  return { path, operator, valueAt: endOf(BLANKS, text, end) };
}

/** The first segment is bare: it names a member of the frame, and those are plain words. */
function scanSegment(text: string, at: number, start: number): { segment: string; end: number } {
  if (text.charAt(at) === '"' && at > start) {
    const end = endOf(QUOTED, text, at);
    if (end === at) throw bad(text, at, 'the quoted segment of the key has no end');
    try {
      return { segment: JSON.parse(text.slice(at, end)) as string, end };
    } catch {
      throw bad(text, at, `${text.slice(at, end)} is not a JSON string`);
    }
  }
  const end = endOf(BARE, text, at);
  if (end > at) return { segment: text.slice(at, end), end };
  const isDot = at > start || text.charAt(at) === '.';
  throw bad(text, at, isDot ? 'the key has an empty segment' : whyNoHead(text));
}

function whyNoHead(text: string): string {
  if (/^\s*"/.test(text)) {
    return `does not begin with a dotted.key: quote a segment of it, as in fields."a key"="x"`;
  }
  if (!/[=<>~]/.test(text)) return `has no operator; use one of ${OPERATOR_LIST}`;
  return `does not begin with a dotted.key and an operator (${OPERATOR_LIST}); a segment with blanks or operators needs double quotes`;
}

/**
 * Splits predicates that stand side by side. Each part holds one, with the blanks around it; the
 * parts together are the text.
 * @throws WaitbusError WAITBUS_BAD_PREDICATE that quotes where the first that has no shape begins
 */
export function splitSpecs(text: string): readonly string[] {
  const specs: string[] = [];
  for (let start = 0; text.slice(start).trim() !== '';) {
    const rest = text.slice(start);
    const end = endOfValue(rest, scanHead(rest).valueAt);
    const isLast = rest.slice(end).trim() === '';
    specs.push(isLast ? rest : rest.slice(0, end));
    start += isLast ? rest.length : end;
  }
  return specs;
}

/** Whether it is JSON is not asked; what stands at the value without a blank is taken with it. */
function endOfValue(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '"') {
      const end = endOf(QUOTED, text, at);
      if (end === at) return text.length;
      at = end - 1;
    } else if (character === '[' || character === '{') depth += 1;
    else if (character === ']' || character === '}') depth -= 1;
    else if (depth <= 0 && /\s/.test(character)) return at;
  }
  return text.length;
}

/** Where a match that begins at `at` ends; `at` when there is none. */
function endOf(sticky: RegExp, text: string, at: number): number {
  sticky.lastIndex = at;
  return sticky.test(text) ? sticky.lastIndex : at;
}

/** @param at of the text, from 0 */
export function bad(spec: string, at: number, reason: string): WaitbusError {
  const quoted = spec.length <= MAX_QUOTED ? spec : `${spec.slice(0, 40)}...`;
  return new WaitbusError(
    'WAITBUS_BAD_PREDICATE',
    `bad predicate '${quoted}' at character ${at + 1}: ${reason}`,
  );
}

/** Whatever is short enough to be a predicate. */
const MAX_QUOTED = 256;
