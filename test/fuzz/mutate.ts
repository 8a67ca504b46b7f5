/**
 * Makes inputs out of inputs: bytes that are flipped, cut, repeated and spliced, and JSON in which
 * members are replaced, renamed, doubled and dropped. Every choice comes from the generator given.
 */
import { parseJson, stringifyJson } from '@waitbus/plugin-sdk/envelope';

/** A number below the argument. */
export type Random = (below: number) => number;

/** JSON texts that parsers stumble over. */
const AWKWARD: readonly string[] = [
  'null',
  'true',
  '-1',
  '-0',
  '1e400',
  '0.1',
  '99999999999999999999',
  '9007199254740993',
  '""',
  '"\\ud800"',
  '"\\u0000"',
  '"é"',
  '[]',
  '{}',
  '[null]',
  '{"__proto__":{"polluted":true}}',
  '{"constructor":{"prototype":{"polluted":true}}}',
  '{"toString":1}',
  `"${'x'.repeat(600)}"`,
  `"${'../'.repeat(100)}"`,
  `${'['.repeat(5000)}${']'.repeat(5000)}`,
  `${'{"a":'.repeat(50)}1${'}'.repeat(50)}`,
];

const AWKWARD_KEYS: readonly string[] = ['__proto__', 'constructor', 'toString', '', '0', 'a.b'];
const LONGEST = 256 * 1024;
const LONGEST_REPLACED = 4096;

export function pick<T>(random: Random, from: readonly T[]): T {
  return from[random(from.length)] as T;
}

export function randomBytes(random: Random, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => random(256)));
}

/** An input near one of the seeds, or far from all. */
export function mutate(random: Random, seeds: readonly Buffer[]): Buffer {
  let bytes = pick(random, seeds);
  for (let times = random(4); times >= 0; times -= 1) bytes = mutateOnce(random, bytes, seeds);
  return bytes;
}

function mutateOnce(random: Random, bytes: Buffer, seeds: readonly Buffer[]): Buffer {
  const at = random(bytes.length + 1);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (random(9)) {
    case 0:
      return randomBytes(random, 1 + random(200));
    case 1:
      return before.length > 0 ? before : bytes;
    case 2:
      return Buffer.concat([before, randomBytes(random, random(8)), after]);
    case 3:
      return Buffer.concat([before, after.subarray(Math.min(after.length, 1 + random(8)))]);
    case 4: {
      const copy = Buffer.from(bytes);
      for (let flips = 0; copy.length > 0 && flips <= random(4); flips += 1)
        copy[random(copy.length)] = random(256);
      return copy;
    }
    case 5:
      return Buffer.concat([before, pick(random, seeds).subarray(random(40)), after]);
    case 6:
      return Buffer.concat([before, ...repeated(random, after), after]);
    case 7:
      return Buffer.concat([before, Buffer.from(pick(random, AWKWARD)), after]);
    default:
      // The expression below goes over a text without a comma once for each of its characters.
      if (bytes.length > LONGEST_REPLACED) return bytes;
      return Buffer.from(
        bytes
          .toString()
          .replaceAll(/[^:,]+(?=[,}])/g, (value) =>
            random(3) === 0 ? pick(random, AWKWARD) : value,
          ),
      );
  }
}

/** A short piece again and again: what a regular expression may take forever over. */
function repeated(random: Random, from: Buffer): Buffer[] {
  const piece = from.subarray(0, 1 + random(16));
  if (piece.length === 0) return [];
  const times = random(10) === 0 ? random(LONGEST / piece.length) : random(64);
  return Array.from({ length: times }, () => piece);
}

/** JSON in which one place is changed; the text itself where it is none. */
export function mutateJson(random: Random, text: string): string {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    return text;
  }
  try {
    return stringifyJson(change(random, value));
  } catch (error) {
    // What was put in is nested deeper than the stack allows for.
    if (error instanceof RangeError) return text;
    throw error;
  }
}

function change(random: Random, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || random(6) === 0) return awkward(random);
  if (Array.isArray(value)) {
    const list = value as unknown[];
    const at = random(list.length + 1);
    if (at === list.length) return [...list, awkward(random)];
    return list.map((member, index) => (index === at ? change(random, member) : member));
  }
  const entries = Object.entries(value as Record<string, unknown>);
  const at = random(entries.length + 1);
  const [key, member] = entries[at] ?? [pick(random, AWKWARD_KEYS), awkward(random)];
  switch (random(5)) {
    case 0:
      return Object.fromEntries(entries.filter((_, index) => index !== at));
    case 1:
      return Object.fromEntries([...entries, [pick(random, AWKWARD_KEYS), member]]);
    default: {
      const changed = at < entries.length ? change(random, member) : member;
      return Object.fromEntries([...entries.filter((_, index) => index !== at), [key, changed]]);
    }
  }
}

function awkward(random: Random): unknown {
  return parseJson(pick(random, AWKWARD));
}
