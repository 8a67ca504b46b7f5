/** Reads JSON of which nothing is known: each reader answers with something empty for what is not there. */
export type Json =
  null | boolean | number | string | readonly Json[] | { readonly [k: string]: Json };
export type JsonObject = Readonly<Record<string, unknown>>;

export function object(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : {};
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function number(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

/** @returns the value, or null where the text is no JSON */
export function parsed(source: string): unknown {
  try {
    return JSON.parse(source) as unknown;
  } catch {
    return null;
  }
}

/** Every line of a text that is JSON: what a harness prints besides is left out. */
export function lines(source: string): readonly JsonObject[] {
  return source
    .split('\n')
    .map((line) => parsed(line))
    .filter((value) => value !== null)
    .map(object);
}
