/**
 * When an event was received, as producers give it and as people read it. The one place that decides
 * what a `received_at` may be: nanoseconds since the epoch, and by mistake another unit. Pure.
 */
const MAX_INT64 = 2n ** 63n - 1n;
/** September 2001. Every time since then has 19 digits, up to 2262. */
const FIRST = 10n ** 18n;

/**
 * Times from September 2001 on in other units: [the first, the first beyond, nanoseconds of one].
 * None can be taken for another, nor for nanoseconds since 2001.
 */
const OTHER_UNITS: readonly (readonly [bigint, bigint, bigint])[] = [
  [10n ** 9n, 10n ** 10n, 10n ** 9n],
  [10n ** 12n, 10n ** 13n, 10n ** 6n],
  [10n ** 15n, 10n ** 16n, 10n ** 3n],
];

const RULE =
  'must be a whole number of nanoseconds since the epoch, of 19 digits; seconds, milliseconds and microseconds are taken as well. Leave it out for now';

/** Says what a `received_at` must be. */
export class BadTime extends Error {}

/**
 * What a producer gave, in nanoseconds.
 * @throws BadTime for what is no time from September 2001 to 2262
 */
export function nanosecondsFrom(value: unknown): bigint {
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
    throw new BadTime(`${RULE}. Beyond 2^53 it was rounded: pass a bigint`);
  }
  const given = typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof given !== 'bigint') throw new BadTime(RULE);
  const [, , scale = 1n] = OTHER_UNITS.find(([from, to]) => given >= from && given < to) ?? [];
  const nanoseconds = given * scale;
  if (nanoseconds < FIRST || nanoseconds > MAX_INT64) throw new BadTime(RULE);
  return nanoseconds;
}

/** ISO 8601, UTC, milliseconds; the digits of what is beyond any calendar. Never throws. */
export function isoTime(nanoseconds: bigint): string {
  const date = new Date(Number(nanoseconds / 1_000_000n));
  return Number.isNaN(date.getTime()) ? `${nanoseconds} ns` : date.toISOString();
}
