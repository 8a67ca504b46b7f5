/**
 * The small durable values of a source: one JSON file in its state directory, replaced whole.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseJson, stringifyJson, type Json } from '../envelope/index.js';
import type { SourceState } from '../define-source.js';

export function openSourceState(directory: string): SourceState {
  const file = join(directory, 'state.json');
  const values = new Map(Object.entries(readValues(file)));
  return {
    get: (key) => values.get(key),
    set(key, value) {
      values.set(key, value);
      const next = `${file}.${process.pid}.tmp`;
      writeFileSync(next, stringifyJson(Object.fromEntries(values)), { mode: 0o600, flush: true });
      renameSync(next, file);
    },
  };
}

function readValues(file: string): Record<string, Json> {
  try {
    return parseJson(readFileSync(file, 'utf8')) as Record<string, Json>;
  } catch (error) {
    // No file yet, or one cut short by a power failure: a source starts without a resume cursor.
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT')
      return {};
    throw error;
  }
}
