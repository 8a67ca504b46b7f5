/** The keys that a JSON Schema knows at a path, for telling which one was meant. Pure. */
import type { Path } from './problems.js';
import { didYouMean } from './suggest.js';

type Schema = Readonly<Record<string, unknown>>;

/** @returns null when the schema does not say, or allows any key */
export function knownKeys(schema: unknown, path: Path): string[] | null {
  let at: unknown = schema;
  for (const key of path) {
    const { properties, items, additionalProperties } = asSchema(at);
    at =
      asSchema(properties)[String(key)] ?? (typeof key === 'number' ? items : additionalProperties);
  }
  const { properties, additionalProperties } = asSchema(at);
  const isOpen = additionalProperties !== undefined && additionalProperties !== false;
  return properties === undefined || isOpen ? null : Object.keys(asSchema(properties));
}

export interface StrangeKey {
  readonly path: Path;
  readonly hint: string;
}

/** Keys of some data that its schema does not name, and that whoever reads it passes over. */
export function strangeKeys(schema: unknown, data: unknown, path: Path = []): StrangeKey[] {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return [];
  const known = knownKeys(schema, path);
  return Object.entries(data).flatMap(([key, member]) => {
    const at = [...path, key];
    if (known !== null && !known.includes(key)) return [{ path: at, hint: didYouMean(key, known) }];
    return strangeKeys(schema, member, at);
  });
}

function asSchema(value: unknown): Schema {
  return typeof value === 'object' && value !== null ? (value as Schema) : {};
}
