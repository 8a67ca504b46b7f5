/**
 * Whether an event of a source could meet a predicate, by what its manifest says of its event types
 * and their fields: pure. It names what no event has, and what was probably meant.
 */
import {
  all,
  compile,
  formatPath,
  type Literal,
  type Predicate,
  type Term,
} from '@waitbus/kernel/predicate';
import {
  COMMON_FIELDS,
  CONCLUSIONS,
  KERNEL_FIELDS,
  ONLY_FOR,
  stringifyJson,
} from '@waitbus/plugin-sdk/envelope';
import type { FieldValues, SourceEntry } from '@waitbus/plugin-sdk/manifest';
import { didYouMean, nearest } from '../config/suggest.js';

/** Why no event of the source can meet the predicate. */
export interface Mismatch {
  /** See docs/protocol.md, `wait_note`. */
  readonly code: 'unknown_member' | 'unknown_event_type' | 'unknown_field' | 'unknown_value';
  readonly detail: string;
  readonly remedy: string;
  /** The word is close to one that there is. */
  readonly isNear: boolean;
  /** The manifest describes what is asked for; else there may be more than it says. */
  readonly isCertain: boolean;
}

export type Vocabulary = Pick<SourceEntry, 'eventTypes' | 'fields' | 'open'>;

/** The members of an event frame: a key that starts elsewhere matches nothing. */
const MEMBERS: ReadonlySet<string> = new Set([
  'kind',
  'event_id',
  'event_type',
  'owner',
  'repo',
  'received_at',
  'delivery_id',
  'summary',
  'fields',
]);
const COMMON: ReadonlySet<string> = new Set(COMMON_FIELDS);
const KERNEL: ReadonlySet<string> = new Set(KERNEL_FIELDS);

/** The first that there is; null when an event could meet all terms, as far as is known. */
export function mismatchOf({ terms }: Predicate, vocabulary: Vocabulary): Mismatch | null {
  const alien = terms.find(({ path: [root = ''] }) => !MEMBERS.has(root));
  if (alien !== undefined) return unknownMember(alien.path);
  const types = vocabulary.eventTypes.filter((type) =>
    terms.filter(isOnType).every((term) => holdsForType(term, type)),
  );
  if (types.length === 0) return unknownType(terms.filter(isOnType), vocabulary);
  const inAny = mismatchIn(terms, types, vocabulary);
  if (inAny !== null) return inAny;
  // Each term for itself is met by some type; all together must be by one.
  const each = types.map((type) => mismatchIn(terms, [type], vocabulary));
  if (each.includes(null)) return null;
  return { ...(each[0] as Mismatch), detail: `no event type has all of this: ${detailsOf(each)}` };
}

/** Of terms on fields: none of the types can meet one of them. */
function mismatchIn(
  terms: readonly Term[],
  types: readonly string[],
  vocabulary: Vocabulary,
): Mismatch | null {
  for (const term of terms) {
    const [root, key] = term.path;
    if (root !== 'fields' || key === undefined || KERNEL.has(key)) continue;
    // A common key that an event leaves out is null to a predicate.
    if (COMMON.has(key) && mayBeNull(term)) continue;
    const found = mismatchOfField(term, key, types, vocabulary);
    if (found !== null) return found;
  }
  return null;
}

function detailsOf(mismatches: readonly (Mismatch | null)[]): string {
  return mismatches.flatMap((one) => (one === null ? [] : [one.detail])).join('; ');
}

function mismatchOfField(
  term: Term,
  key: string,
  types: readonly string[],
  { fields, eventTypes }: Vocabulary,
): Mismatch | null {
  if (fields === undefined) {
    // A source may have conclusions and keys of its own.
    if (key === 'conclusion') return doubtful(mismatchOfValue(term, key, [CONCLUSIONS]));
    if (COMMON.has(key) || nearest(key, COMMON) === null) return null;
    return doubtful(unknownField(key, `no event that is described has a field ${key}`, COMMON));
  }
  if (types.some((type) => !Object.hasOwn(fields, type))) return null;
  const valuesIn = (type: string) => {
    const declared = Object.hasOwn(fields, type) ? (fields[type] ?? {}) : {};
    return Object.hasOwn(declared, key) ? declared[key] : undefined;
  };
  const values = types.map(valuesIn).filter((one) => one !== undefined);
  if (values.length > 0) return mismatchOfValue(term, key, values);
  const elsewhere = eventTypes.filter((type) => valuesIn(type) !== undefined);
  if (elsewhere.length > 0) {
    const detail = `${noField(types, key)}; ${elsewhere.join(' and ')} has it`;
    return { code: 'unknown_field', detail, remedy: '', isNear: true, isCertain: true };
  }
  const keys = new Set(types.flatMap((type) => Object.keys(fields[type] ?? {})));
  return unknownField(key, noField(types, key), keys);
}

/** @param choices what the field may be, in each event type that has it */
function mismatchOfValue(
  term: Term,
  key: string,
  choices: readonly FieldValues[],
): Mismatch | null {
  // Deeper in, nothing is declared.
  if (term.path.length > 2 || mayBeNull(term)) return null;
  if (choices.some((choice) => couldHold(term, key, choice))) return null;
  const asked = literalsOf(term)
    .map((value) => stringifyJson(value))
    .join(' or ');
  const words = [
    ...new Set(choices.flatMap((choice) => (isList(choice) ? choice.map(String) : []))),
  ];
  if (words.length === 0) {
    const kinds = [...new Set(choices.map(String))].join(' or ');
    const detail = `fields.${key} is ${article(kinds)}, which ${asked} is not`;
    return {
      code: 'unknown_value',
      detail,
      remedy: 'types are exact: 12 is not "12"',
      isNear: true,
      isCertain: true,
    };
  }
  const meant = literalsOf(term).map((value) => didYouMean(textOf(value), words));
  const detail = `fields.${key} is never ${asked}${meant.find((text) => text !== '') ?? ''}`;
  const isNear = meant.some((text) => text !== '') || key === 'conclusion';
  return {
    code: 'unknown_value',
    detail,
    remedy: `it is one of ${words.join(', ')}`,
    isNear,
    isCertain: true,
  };
}

function couldHold(term: Term, key: string, choice: FieldValues): boolean {
  const holds = compile(all([term]));
  if (isList(choice)) return choice.some((value) => holds({ fields: { [key]: value } }));
  const isKind = KINDS[choice];
  // Whatever is there is another value, if not that of another kind.
  if (term.kind === 'compare' && term.operator === '!=') return true;
  const isText = term.kind === 'compare' && TEXT_OPERATORS.has(term.operator);
  if (isText) return isKind('');
  // 3 is more than 2.5.
  if (term.kind === 'compare' && choice === 'integer') return KINDS.number(term.value);
  return literalsOf(term).some((value) => value === null || isKind(value));
}

const TEXT_OPERATORS: ReadonlySet<string> = new Set(['^=', '*=', '~']);

const KINDS: Readonly<Record<Extract<FieldValues, string>, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  integer: (value) => typeof value === 'bigint' || Number.isInteger(value),
  number: (value) => typeof value === 'bigint' || typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  object: () => true,
  any: () => true,
};

function noField(types: readonly string[], key: string): string {
  if (types.length === 1) return `${types.join()} has no field ${key}`;
  return `none of ${types.join(', ')} has a field ${key}`;
}

function unknownMember(path: readonly string[]): Mismatch {
  const key = formatPath(path);
  const detail = `no event has a member ${key}; did you mean fields.${key}?`;
  return { code: 'unknown_member', detail, remedy: '', isNear: true, isCertain: true };
}

function unknownType(terms: readonly Term[], { eventTypes }: Vocabulary): Mismatch {
  const asked = terms.flatMap(literalsOf).map(textOf);
  const meant = asked.map((word) => didYouMean(word, eventTypes)).find((text) => text !== '');
  return {
    code: 'unknown_event_type',
    detail: `it has no event type ${asked.join(' or ')}${meant ?? ''}`,
    remedy: `it has ${eventTypes.join(', ')}`,
    isNear: meant !== undefined,
    isCertain: true,
  };
}

function unknownField(key: string, detail: string, keys: ReadonlySet<string>): Mismatch {
  const meant = didYouMean(key, keys);
  const remedy = `there are ${[...keys].filter((one) => one !== ONLY_FOR).join(', ')}`;
  return {
    code: 'unknown_field',
    detail: `${detail}${meant}`,
    remedy,
    isNear: meant !== '',
    isCertain: true,
  };
}

function doubtful(mismatch: Mismatch | null): Mismatch | null {
  return mismatch === null ? null : { ...mismatch, isCertain: false };
}

function isOnType({ path }: Term): boolean {
  const key = formatPath(path);
  return key === 'event_type' || key === 'fields.event_type';
}

function holdsForType(term: Term, type: string): boolean {
  return compile(all([term]))({ event_type: type, fields: { event_type: type } });
}

function mayBeNull(term: Term): boolean {
  return term.kind === 'one-of' && term.values.includes(null);
}

function literalsOf(term: Term): readonly Literal[] {
  return term.kind === 'one-of' ? term.values : [term.value];
}

function isList(choice: FieldValues): choice is readonly (string | number | boolean)[] {
  return typeof choice !== 'string';
}

function article(kinds: string): string {
  return /^[aeiou]/.test(kinds) ? `an ${kinds}` : `a ${kinds}`;
}

function textOf(value: Literal): string {
  return typeof value === 'string' ? value : stringifyJson(value);
}
