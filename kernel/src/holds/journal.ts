/**
 * What is held, in a file beside the store, so that a daemon that was killed leaves nothing open:
 * the next one keeps every hold for its owner a while. Replaced whole; not flushed to the disk, as
 * no owner outlives the machine.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isObject, parseJson, stringifyJson } from '@waitbus/plugin-sdk/envelope';

export interface KeptHold {
  readonly token: string;
  readonly key: string;
  readonly since: number;
  /** Published when the owner does not come back. */
  readonly will: unknown;
  readonly data: unknown;
}

export interface Journal {
  read(): readonly KeptHold[];
  /** @throws when it cannot be kept */
  write(holds: readonly KeptHold[]): void;
}

export function openJournal(file: string): Journal {
  return { read: () => readJournal(file), write: (holds) => writeJournal(file, holds) };
}

/** @throws the operating system's error */
function writeJournal(file: string, holds: readonly KeptHold[]): void {
  const unfinished = `${file}.tmp`;
  writeFileSync(unfinished, `${stringifyJson({ version: 1, holds })}\n`, { mode: 0o600 });
  renameSync(unfinished, file);
}

/**
 * @returns what was held; nothing when there is no file
 * @throws Error on a file that is damaged or from a newer waitbus
 */
function readJournal(file: string): readonly KeptHold[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  const journal = parseJson(text);
  if (!isObject(journal) || journal['version'] !== 1 || !Array.isArray(journal['holds'])) {
    throw new Error(`${file} is not a list of holds of this version`);
  }
  return journal['holds'].filter(isKept);
}

function isKept(value: unknown): value is KeptHold {
  if (!isObject(value)) return false;
  const { token, key, since } = value;
  return typeof token === 'string' && typeof key === 'string' && typeof since === 'number';
}
