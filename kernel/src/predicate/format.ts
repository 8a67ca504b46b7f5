/** Syntax tree to text: what `parse.ts` reads, as somebody would write it. Pure. */
import { isScalar, type Literal, type Path, type Predicate } from './ast.js';

const PLAIN = /^[^\s=!<>^*~".]+$/;

/** A dotted key. A segment that is not plain is quoted. */
export function formatPath(path: Path): string {
  return path.map((part) => (PLAIN.test(part) ? part : JSON.stringify(part))).join('.');
}

/** The specs that parse to this predicate. */
export function formatPredicate({ terms }: Predicate): readonly string[] {
  return terms.flatMap((term) => {
    const key = formatPath(term.path);
    if (term.kind === 'compare') return [`${key}${term.operator}${formatLiteral(term.value)}`];
    return term.values.map((value) => `${key}=${formatLiteral(value)}`);
  });
}

/** As `stringifyJson`, but for the numbers that JSON reads and does not write. */
function formatLiteral(value: Literal): string {
  if (typeof value === 'bigint') return value.toString();
  if (value === Infinity || value === -Infinity) return value > 0 ? '1e999' : '-1e999';
  if (Object.is(value, -0)) return '-0';
  // Without an exponent it would be read as an integer of 64 bits.
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) return Number(value).toExponential();
  if (isScalar(value)) return JSON.stringify(value);
  if (isList(value)) return `[${value.map(formatLiteral).join(',')}]`;
  const members = Object.entries(value).map(
    ([key, member]) => `${JSON.stringify(key)}:${formatLiteral(member)}`,
  );
  return `{${members.join(',')}}`;
}

function isList(value: Literal): value is readonly Literal[] {
  return Array.isArray(value);
}
