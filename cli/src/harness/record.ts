/**
 * What waitbus remembers of an installation, in a directory of its own under `installs/` of the state
 * directory: which edits it made, and of each file a backup of what was there before. Only its owner
 * can read it, for configurations hold secrets.
 */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { shellWord, WaitbusError } from '@waitbus/plugin-sdk/envelope';
import type { Edit, HarnessName, Scope } from 'waitbus-source-agent/harnesses';

export interface InstalledFile {
  readonly file: string;
  /** The name of the backup; null: there was no file. */
  readonly backup: string | null;
  readonly beforeHash: string | null;
  readonly afterHash: string | null;
}

export interface InstallRecord {
  readonly version: 1;
  readonly harness: HarnessName;
  readonly scope: Scope;
  /** Where: the directory of the first file of the plan. */
  readonly place: string;
  /** The root of the checkout, where the scope is the project: no file is followed out of it. */
  readonly project?: string;
  readonly edits: readonly Edit[];
  /** Of an installation that this one was replacing when it was interrupted. */
  readonly earlier: readonly Edit[];
  readonly files: readonly InstalledFile[];
  /** That the installation made. */
  readonly directories: readonly string[];
}

export class Records {
  readonly #root: string;

  constructor(stateDir: string) {
    this.#root = join(stateDir, 'installs');
  }

  directoryOf(harness: HarnessName, scope: Scope, place: string): string {
    return join(this.#root, `${harness}-${scope}-${hashOf(Buffer.from(place)).slice(0, 8)}`);
  }

  read(harness: HarnessName, scope: Scope, place: string): InstallRecord | null {
    return readRecord(this.directoryOf(harness, scope, place));
  }

  all(): InstallRecord[] {
    if (!existsSync(this.#root)) return [];
    const names = readdirSync(this.#root).sort();
    return names
      .map((name) => readRecord(join(this.#root, name)))
      .filter((record) => record !== null);
  }

  backup(record: InstallRecord, { backup }: InstalledFile): Buffer | null {
    return backup === null ? null : readFileSync(join(this.#of(record), backup));
  }

  /** @param backups by their names; those that the record does not name any more go */
  write(record: InstallRecord, backups: ReadonlyMap<string, Buffer>): void {
    const directory = this.#of(record);
    const file = join(directory, RECORD);
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      for (const [name, bytes] of backups) replace(join(directory, name), bytes);
      replace(file, Buffer.from(`${JSON.stringify(record, null, 2)}\n`));
      const kept = [RECORD, ...record.files.map(({ backup }) => backup)];
      for (const name of readdirSync(directory)) {
        if (!kept.includes(name)) rmSync(join(directory, name));
      }
    } catch (error) {
      throw new WaitbusError(
        'WAITBUS_UNWRITABLE',
        `${directory} cannot be written: ${(error as Error).message}`,
        `See ls -ld ${shellWord(dirname(directory))} and df ${shellWord(dirname(directory))}.`,
        { cause: error },
      );
    }
  }

  remove(record: InstallRecord): void {
    rmSync(this.#of(record), { recursive: true, force: true });
  }

  #of({ harness, scope, place }: InstallRecord): string {
    return this.directoryOf(harness, scope, place);
  }
}

const RECORD = 'record.json';

/** As its content: a backup is never written over by another. */
export function backupName(file: string, bytes: Buffer): string {
  return `${basename(file)}.${hashOf(bytes).slice(0, 12)}`;
}

export function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function readRecord(directory: string): InstallRecord | null {
  const file = join(directory, RECORD);
  if (!existsSync(file)) return null;
  try {
    const record = JSON.parse(readFileSync(file, 'utf8')) as InstallRecord;
    if (record.version === 1) return record;
  } catch {
    // Said below.
  }
  throw new WaitbusError(
    'WAITBUS_BAD_HARNESS_FILE',
    `${file} is damaged, or of a newer waitbus`,
    `Move it away, and the edits are found by their looks: mv ${shellWord(directory)} ${shellWord(`${directory}.bad`)}`,
  );
}

function replace(file: string, bytes: Buffer): void {
  const next = `${file}.new`;
  writeFileSync(next, bytes, { mode: 0o600, flush: true });
  renameSync(next, file);
}
