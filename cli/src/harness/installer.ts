/**
 * Installs waitbus in a harness and takes it out again: looks at every file of the plan, decides, checks
 * that all can be written, and only then writes. What it does is remembered before it is done.
 */
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import type { Edit, HarnessName, Scope } from 'waitbus-source-agent/harnesses';
import { decideInstall, decideUninstall, type Known, type Outcome } from './decide.js';
import { changedFile } from './file-edits.js';
import { checkReplaceable, look, type Seen } from './look.js';
import {
  backupName,
  hashOf,
  type InstalledFile,
  type InstallRecord,
  type Records,
} from './record.js';
import { removeEmpty, writeAll, type Change } from './write.js';

export interface Target {
  readonly harness: HarnessName;
  readonly scope: Scope;
  /** The root of the checkout that this is about; counts where the scope is the project. */
  readonly project: string;
  /** Not empty. */
  readonly edits: readonly Edit[];
}

export interface FileChange {
  readonly file: string;
  /** null: there is no file. */
  readonly before: string | null;
  readonly after: string | null;
}

export interface Done {
  readonly changes: readonly FileChange[];
  /** The directory of the backups, if there are any. */
  readonly backups: string | null;
  /** What had to be left. */
  readonly left: readonly WaitbusError[];
}

export interface Options {
  readonly records: Records;
  readonly dryRun: boolean;
  readonly replace: boolean;
}

/** What becomes of one file of a plan, or of an earlier one. */
interface Step extends Outcome {
  readonly seen: Seen;
  readonly own: readonly Edit[];
}

/** @throws WaitbusError when any file of the plan cannot be edited; then none was */
export function install(target: Target, { records, dryRun, replace }: Options): Done {
  const { harness, scope, edits } = target;
  const within = withinOf(target);
  const place = placeOf(edits);
  const old = records.read(harness, scope, place);
  const earlier = old === null ? [] : [...old.edits, ...old.earlier];
  const steps = filesOf([...edits, ...earlier]).map((file): Step => {
    const seen = look(file, within);
    const own = edits.filter((edit) => edit.file === file);
    const known = knownOf(records, old, file);
    if (own.length > 0) return { seen, own, ...decideInstall(seen, own, known, replace) };
    return { seen, own, before: null, after: decideUninstall(seen, [], known) };
  });
  const changes = steps.flatMap(({ seen, own, after }) =>
    changeOf(seen, after, own.some(isExecutable)),
  );
  for (const { seen } of changes) checkReplaceable(seen);
  const backups = new Map<string, Buffer>();
  const files = steps
    .filter(({ own }) => own.length > 0)
    .map((step) => remembered(step, old, backups));
  const missing = changes.flatMap(({ seen }) => seen.missing);
  const directories = [...new Set([...(old?.directories ?? []), ...missing])];
  const record: InstallRecord = {
    version: 1,
    harness,
    scope,
    place,
    ...(within === null ? {} : { project: within }),
    edits,
    earlier: [],
    files,
    directories,
  };
  if (!dryRun && changes.length > 0) {
    // Should it be killed, the next installation knows what may stand where.
    const gone = (old?.files ?? []).filter(({ file }) => !files.some((one) => one.file === file));
    records.write({ ...record, earlier, files: [...files, ...gone] }, backups);
    writeAll(changes);
  }
  if (!dryRun && !isDeepStrictEqual(old, record)) records.write(record, backups);
  const hasBackup = files.some(({ backup }) => backup !== null);
  return {
    changes: changes.map(fileChange),
    backups: hasBackup ? records.directoryOf(harness, scope, place) : null,
    left: [],
  };
}

/** @param backups gets what is to be kept and is not yet */
function remembered(
  { seen, before, after }: Step,
  old: InstallRecord | null,
  backups: Map<string, Buffer>,
): InstalledFile {
  const kept = old?.files.find(({ file }) => file === seen.file);
  if (kept !== undefined && isSame(seen.bytes, after)) return kept;
  const backup = before === null ? null : backupName(seen.file, before);
  if (before !== null && backup !== null) backups.set(backup, before);
  return { file: seen.file, backup, beforeHash: hash(before), afterHash: hash(after) };
}

/** @param edits what this waitbus would do, for where nothing is remembered */
export function uninstall(target: Target, options: Options): Done {
  const { harness, scope, edits } = target;
  const { records, dryRun } = options;
  const record = records.read(harness, scope, placeOf(edits));
  return record === null
    ? uninstallBy(edits, null, withinOf(target), options)
    : forget(record, records, dryRun);
}

/** Ends an installation by its record alone. */
export function forget(record: InstallRecord, records: Records, dryRun: boolean): Done {
  return uninstallBy([...record.edits, ...record.earlier], record, record.project ?? null, {
    records,
    dryRun,
    replace: false,
  });
}

function uninstallBy(
  edits: readonly Edit[],
  record: InstallRecord | null,
  within: string | null,
  { records, dryRun }: Options,
): Done {
  const files = filesOf(edits);
  const left: WaitbusError[] = [];
  const changes = files.flatMap((file) => {
    const seen = look(file, within);
    const own = edits.filter((edit) => edit.file === file);
    const known = knownOf(records, record, file);
    const after = decideUninstall(seen, own, known);
    const changed = isSame(after, seen.bytes) ? changedFile(seen.text, own) : null;
    const isBefore = known !== null && hash(seen.bytes) === known.beforeHash;
    if (changed !== null && record !== null && !isBefore) left.push(changed);
    return changeOf(seen, after, false);
  });
  for (const { seen } of changes) checkReplaceable(seen);
  const done: Done = { changes: changes.map(fileChange), backups: null, left };
  if (dryRun) return done;
  writeAll(changes);
  if (record !== null) {
    removeEmpty(record.directories);
    records.remove(record);
  }
  return done;
}

export function placeOf(edits: readonly Edit[]): string {
  const [first] = edits;
  if (first === undefined) throw new RangeError('a plan has at least one edit');
  return dirname(first.file);
}

function withinOf({ scope, project }: Target): string | null {
  return scope === 'project' ? project : null;
}

function knownOf(records: Records, record: InstallRecord | null, file: string): Known | null {
  const found = record?.files.find((one) => one.file === file);
  if (record === null || found === undefined) return null;
  const { beforeHash, afterHash } = found;
  const edits = [...record.edits, ...record.earlier].filter((edit) => edit.file === file);
  return { edits, before: records.backup(record, found), beforeHash, afterHash };
}

function isExecutable(edit: Edit): boolean {
  return edit.kind === 'file' && edit.executable === true;
}

function changeOf(seen: Seen, bytes: Buffer | null, executable: boolean): Change[] {
  if (isSame(seen.bytes, bytes)) return [];
  return [{ seen, bytes, mode: (seen.mode ?? 0o644) | (executable ? 0o111 : 0) }];
}

function filesOf(edits: readonly Edit[]): string[] {
  return [...new Set(edits.map(({ file }) => file))];
}

function fileChange({ seen, bytes }: Change): FileChange {
  return {
    file: seen.file,
    before: seen.bytes?.toString() ?? null,
    after: bytes?.toString() ?? null,
  };
}

function isSame(a: Buffer | null, b: Buffer | null): boolean {
  return a === null || b === null ? a === b : a.equals(b);
}

function hash(bytes: Buffer | null): string | null {
  return bytes === null ? null : hashOf(bytes);
}
