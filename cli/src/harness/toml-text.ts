/** Values as TOML text. Pure. */
import type { Json } from '@waitbus/plugin-sdk/envelope';

/** A dotted key, quoted where it has to be. */
export function keyText(path: readonly string[]): string {
  return path.map((key) => (/^[A-Za-z0-9_-]+$/.test(key) ? key : string(key))).join('.');
}

/** A table with its header, a line a member; what is nested stands in its line. */
export function tableText(
  table: readonly string[],
  values: Readonly<Record<string, Json>>,
): string {
  const lines = Object.entries(values).map(
    ([key, value]) => `${keyText([key])} = ${inline(value)}`,
  );
  return [`[${keyText(table)}]`, ...lines, ''].join('\n');
}

export function inline(value: Json): string {
  if (typeof value === 'string') return string(value);
  if (Array.isArray(value)) return `[${value.map(inline).join(', ')}]`;
  // TOML has no null; no plan has one.
  if (typeof value !== 'object' || value === null) return String(value);
  const members = Object.entries(value).map(([key, one]) => `${keyText([key])} = ${inline(one)}`);
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}

/** JSON's escapes are TOML's; what JSON lets pass, TOML wants escaped. */
function string(text: string): string {
  return JSON.stringify(text).replaceAll('\u007f', '\\u007f');
}
