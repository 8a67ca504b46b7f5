/** What programs print, as JSON objects, and safe looks into them. Pure. */

export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The JSON objects of an output: one document, a list of objects, or one a line. Lines that are no
 * JSON are what a program says besides, and are passed over.
 */
export function objectsIn(output: string): JsonObject[] {
  const whole = parse(output);
  if (whole !== undefined) return (Array.isArray(whole) ? whole : [whole]).filter(isObject);
  const lines = output.split('\n').map(parse).filter(isObject);
  if (lines.length > 0) return lines;
  // A document over several lines, with words before it.
  const start = output.search(/^\{/m);
  const document = start < 0 ? undefined : parse(output.slice(start));
  return isObject(document) ? [document] : [];
}

/** The value at a path of members, as an object; an empty one when there is none. */
export function objectAt(from: JsonObject, ...path: readonly string[]): JsonObject {
  let at: unknown = from;
  for (const member of path) at = isObject(at) ? at[member] : undefined;
  return isObject(at) ? at : {};
}

/** A count or an amount; null for whatever else stands there. */
export function numberAt(from: JsonObject, member: string): number | null {
  const value = from[member];
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
