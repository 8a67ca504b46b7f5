/**
 * What is held, as it is kept for the next daemon. Older ones kept it in a file beside the store,
 * which is taken over once.
 */
import { readFileSync, renameSync, rmSync } from 'node:fs';
import { isObject, parseJson } from '@waitbus/plugin-sdk/envelope';

export interface KeptHold {
  readonly token: string;
  readonly key: string;
  readonly since: number;
  /** Published when the owner does not come back. */
  readonly will: unknown;
  readonly data: unknown;
}

export interface Journal {
  /** @throws when it is damaged, or from a newer waitbus */
  read(): readonly KeptHold[];
  /** @throws when it cannot be kept */
  write(holds: readonly KeptHold[]): void;
}

/** The journal with what an older daemon left in a file. */
export function takingOver(journal: Journal, file: string): Journal {
  return {
    write: (holds) => journal.write(holds),
    read: () => {
      const kept = journal.read();
      const before = readFile(file);
      if (before === null) return kept;
      const all = [...kept, ...before];
      journal.write(all);
      rmSync(file);
      return all;
    },
  };
}

/**
 * @returns what was held; null when there is no file
 * @throws Error on a file that is damaged, which is moved aside
 */
function readFile(file: string): readonly KeptHold[] | null {
  try {
    const journal = parseJson(readFileSync(file, 'utf8'));
    if (isObject(journal) && journal['version'] === 1 && Array.isArray(journal['holds'])) {
      return journal['holds'].filter(isKept);
    }
    throw new Error(`${file} is not a list of holds of this version`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    renameSync(file, `${file}.damaged`);
    throw error;
  }
}

function isKept(value: unknown): value is KeptHold {
  if (!isObject(value)) return false;
  const { token, key, since } = value;
  return typeof token === 'string' && typeof key === 'string' && typeof since === 'number';
}
