/**
 * Reads members of what GitHub sent, in which anything may be missing, null or of another type. Pure;
 * what cannot be read is undefined, never an error.
 */

/** An integer as it was written: ids may fill 64 bits. */
export type Integer = number | bigint;

export type Members = Readonly<Record<string, unknown>>;

/** Longer than any name, branch or address of GitHub's; an event has to fit into a frame. */
const MOST_CHARACTERS = 2000;

export function object(value: unknown): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Members)
    : {};
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, MOST_CHARACTERS) : undefined;
}

export function flag(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

export function integer(value: unknown): Integer | undefined {
  return typeof value === 'bigint' || Number.isSafeInteger(value) ? (value as Integer) : undefined;
}

/** A commit's full name in lower case; that of no commit (a branch was deleted) is undefined. */
export function sha(value: unknown): string | undefined {
  if (typeof value !== 'string' || !/^[0-9a-f]{40,64}$/i.test(value)) return undefined;
  return /^0+$/.test(value) ? undefined : value.toLowerCase();
}

/** Without the members that are undefined. */
export function present<T extends object>(
  members: T,
): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
