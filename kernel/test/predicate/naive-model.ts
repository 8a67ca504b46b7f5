/**
 * A naive model of the grammar of predicates, written from docs and not from the code: whether an
 * event matches, which operator takes which literal, and both as text.
 */

export type Scalar = string | number | bigint | boolean | null;
export type Value = Scalar | readonly Value[] | { readonly [key: string]: Value };

export interface Spec {
  readonly key: string;
  readonly operator: string;
  readonly literal: Value;
}

/** Which operator takes which literal, as the grammar says. */
export function isWellTyped({ operator, literal }: Spec): boolean {
  if (operator === '^=') return typeof literal === 'string';
  if (operator.startsWith('<') || operator.startsWith('>')) {
    return ['string', 'number', 'bigint'].includes(typeof literal);
  }
  return true;
}

export function write({ key, operator, literal }: Spec, spaced: boolean): string {
  return spaced ? ` ${key} ${operator}\t${json(literal)} ` : `${key}${operator}${json(literal)}`;
}

/** JSON with 64-bit integers, member by member. */
export function json(one: Value): string {
  if (typeof one === 'bigint') return one.toString();
  if (Array.isArray(one)) return `[${one.map(json).join(',')}]`;
  if (typeof one !== 'object' || one === null) return JSON.stringify(one);
  return `{${Object.entries(one)
    .map(([key, member]) => `${JSON.stringify(key)}:${json(member)}`)
    .join(',')}}`;
}

export function modelHolds(specs: readonly Spec[], event: Value): boolean {
  const equalities = specs.filter(({ operator }) => operator === '=');
  const keys = [...new Set(equalities.map(({ key }) => key))];
  const alternatives = keys.every((key) =>
    equalities.some((one) => one.key === key && modelTerm(one, event)),
  );
  const rest = specs.filter(({ operator }) => operator !== '=');
  return alternatives && rest.every((one) => modelTerm(one, event));
}

/** Keys that a source may leave out or write as null. */
const COMMON = ['fields.conclusion', 'fields.status'];

function modelTerm({ key, operator, literal }: Spec, event: Value): boolean {
  const found = lookup(event, key);
  if (found === undefined) return operator === '=' && literal === null && COMMON.includes(key);
  switch (operator) {
    case '=':
      return same(found, literal);
    case '!=':
      return !same(found, literal);
    case '^=':
      return typeof found === 'string' && found.indexOf(literal as string) === 0;
    case '*=':
      if (typeof found === 'string')
        return (typeof literal === 'string' && found.split(literal).length > 1) || literal === '';
      return Array.isArray(found) && found.filter((one: Value) => same(one, literal)).length > 0;
    default: {
      const order = orderOf(found, literal);
      if (order === null) return false;
      if (order === 0) return operator.endsWith('=');
      return operator.startsWith(order < 0 ? '<' : '>');
    }
  }
}

export function lookup(event: Value, key: string): Value | undefined {
  let found: Value | undefined = event;
  for (const segment of key.split('.'))
    found = found === undefined ? undefined : member(found, segment);
  return found;
}

function member(of: Value, segment: string): Value | undefined {
  if (Array.isArray(of)) {
    const list = of as readonly Value[];
    const index = Number(segment);
    if (!/^-?[0-9]+$/.test(segment)) return undefined;
    return index < 0 ? list[list.length + index] : list[index];
  }
  if (typeof of !== 'object' || of === null) return undefined;
  return Object.entries(of).find(([key]) => key === segment)?.[1];
}

/** Same members, whatever their order; same list. */
function same(one: Value, other: Value): boolean {
  const order = orderOf(one, other);
  if (order !== null) return order === 0;
  if (!isObject(one) || !isObject(other)) return one === other;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const [members, others] = [Object.entries(one), Object.entries(other)].map((list) =>
    list.sort(([a], [b]) => (a < b ? -1 : 1)),
  ) as [[string, Value][], [string, Value][]];
  return (
    members.length === others.length &&
    members.every(([key, member], at) => {
      const [otherKey, otherMember] = others[at] ?? ['', null];
      return key === otherKey && same(member, otherMember);
    })
  );
}

function isObject(one: Value): one is Exclude<Value, Scalar> {
  return typeof one === 'object' && one !== null;
}

/** -1, 0 or 1 where two values have an order, else null. Exact between doubles and big integers. */
function orderOf(one: Value, other: Value): number | null {
  if (typeof one === 'string' && typeof other === 'string')
    return one === other ? 0 : one < other ? -1 : 1;
  if (!isNumber(one) || !isNumber(other)) return null;
  const whole =
    BigInt(Math.trunc(Number(typeof one === 'bigint' ? 0 : one))) +
    (typeof one === 'bigint' ? one : 0n);
  const otherWhole =
    BigInt(Math.trunc(Number(typeof other === 'bigint' ? 0 : other))) +
    (typeof other === 'bigint' ? other : 0n);
  if (whole !== otherWhole) return whole < otherWhole ? -1 : 1;
  const rest =
    (typeof one === 'bigint' ? 0 : one % 1) - (typeof other === 'bigint' ? 0 : other % 1);
  return Math.sign(rest) + 0;
}

function isNumber(one: Value): one is number | bigint {
  return typeof one === 'number' || typeof one === 'bigint';
}
