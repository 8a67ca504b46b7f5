/**
 * The small durable values of a source: one JSON file in its state directory, replaced whole.
 */
import { closeSync, constants, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
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
      writeDurably(next, stringifyJson(Object.fromEntries(values)));
      renameSync(next, file);
    },
  };
}

/** Each write is on the disk when it returns. fsync is refused under Node's permission model. */
function writeDurably(file: string, text: string): void {
  const { O_WRONLY, O_CREAT, O_TRUNC, O_SYNC } = constants;
  const descriptor = openSync(file, O_WRONLY | O_CREAT | O_TRUNC | O_SYNC, 0o600);
  try {
    writeFileSync(descriptor, text);
  } finally {
    closeSync(descriptor);
  }
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
