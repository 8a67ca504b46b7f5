/**
 * What the host itself says of what is asked of sources, from their manifests and the log: pure. It stands as long
 * as they do, whatever a source's own check says.
 */
import type { Interest, WaitNoteFrame } from '@waitbus/kernel';
import type { Predicate } from '@waitbus/kernel/predicate';
import type { WaitNote } from '@waitbus/plugin-sdk';
import type { InstalledSource } from './inventory.js';
import { LOOKED_AT, nothingReports, reportsIn } from './reports.js';
import { mismatchOf, type Mismatch, type Vocabulary } from './vocabulary.js';
import { clausesOf } from './waiter.js';

/** @param seenLately whether one of the newest events meets a predicate */
export function standingNotes(
  interest: Interest,
  { name, manifest }: Pick<InstalledSource, 'name' | 'manifest'>,
  seenLately: (predicate: Predicate, rows: number) => boolean,
): readonly WaitNote[] {
  const notes = notesOnNamed(interest, name, manifest);
  const { turnOn } = manifest;
  if (turnOn === undefined || notes.some(({ level }) => level === 'impossible')) return notes;
  const predicates = reportsIn(name, interest.cwd);
  const reports = predicates.some((one) => seenLately(one, LOOKED_AT));
  return reports ? notes : [...notes, nothingReports(interest.cwd, turnOn)];
}

/** Of one source that is named. `alternative` counts those clauses that are of the source. */
export function notesOnNamed(
  interest: Interest,
  source: string,
  vocabulary: Vocabulary,
): readonly WaitNote[] {
  const clauses = clausesOf(interest.anyOf, source);
  if (clauses.length === 0) {
    const detail = 'what is asked for can only be of another source';
    return [{ code: 'other_source', level: 'impossible', detail }];
  }
  return clauses.flatMap((clause, alternative): WaitNote[] => {
    const predicate = interest.anyOf[clause];
    const found = predicate === undefined ? null : mismatchOf(predicate, vocabulary);
    const level = found === null ? null : levelOf(found, vocabulary);
    if (found === null || level === null) return [];
    const { code, detail, remedy } = found;
    return [{ code, level, detail, remedy, alternative }];
  });
}

/** Of all sources there are, for a subscriber that names none. */
export function notesOnAny(
  { anyOf }: Interest,
  vocabularies: ReadonlyMap<string, Vocabulary>,
): readonly WaitNoteFrame[] {
  return anyOf.flatMap((predicate, clause): WaitNoteFrame[] => {
    const candidates = [...vocabularies].filter(
      ([name]) => clausesOf([predicate], name).length > 0,
    );
    const found = candidates.map(([name, vocabulary]) => ({
      name,
      mismatch: mismatchOf(predicate, vocabulary),
      isOpen: vocabulary.open === true,
    }));
    const near = found.flatMap(({ name, mismatch }) =>
      mismatch?.isNear === true ? [{ name, mismatch }] : [],
    )[0];
    if (near === undefined || found.some(({ mismatch }) => mismatch === null)) return [];
    const { code, detail, remedy } = near.mismatch;
    const level = found.some(({ isOpen }) => isOpen) && code !== 'unknown_member';
    return [
      {
        kind: 'wait_note',
        source: 'waitbus',
        code,
        level: level ? 'warning' : 'impossible',
        detail: code === 'unknown_member' ? detail : `${near.name}: ${detail}`,
        remedy,
        clauses: [clause],
      },
    ];
  });
}

/** Under an open source others emit what they like: only what looks mistyped is worth a word. */
function levelOf({ code, isNear }: Mismatch, { open }: Vocabulary): WaitNote['level'] | null {
  if (open !== true || code === 'unknown_member') return 'impossible';
  return isNear ? 'warning' : null;
}
