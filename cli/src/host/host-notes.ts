/**
 * What the host itself says of what is asked of sources, by their manifests and by the log. It stands
 * as long as they do, whatever a source's own check says.
 */
import type { Interest, WaitNoteFrame } from '@waitbus/kernel';
import { formatPath, type Predicate } from '@waitbus/kernel/predicate';
import type { WaitNote } from '@waitbus/plugin-sdk';
import type { SourceEntry } from '@waitbus/plugin-sdk/manifest';
import type { InstalledSource } from './inventory.js';
import { nothingReports, type Reports } from './reports.js';
import { mismatchOf, type Mismatch, type Vocabulary } from './vocabulary.js';
import { clausesOf } from './waiter.js';

export function hostNotes(
  interest: Interest,
  source: InstalledSource,
  reports: Reports,
): readonly WaitNote[] {
  const { name, quarantine } = source;
  const { turnOn } = source.manifest;
  const notes = manifestNotes(interest, source);
  if (turnOn === undefined || quarantine !== null) return notes;
  if (notes.some(({ level }) => level === 'impossible')) return notes;
  if (reports.has(name, interest.cwd)) return notes;
  return [...notes, nothingReports(interest.cwd, turnOn)];
}

/** By its manifest alone. `alternative` counts those clauses that are of the source. */
export function manifestNotes(
  interest: Pick<Interest, 'anyOf'>,
  { name, manifest, quarantine }: Pick<InstalledSource, 'name' | 'manifest' | 'quarantine'>,
): readonly WaitNote[] {
  // What it would have is not known, and nothing of it is to be believed.
  if (quarantine !== null) return [];
  const clauses = clausesOf(interest.anyOf, name);
  if (clauses.length === 0) {
    const detail = 'what is asked for can only be of another source';
    return [{ code: 'other_source', level: 'impossible', detail }];
  }
  return clauses.flatMap((clause, alternative): WaitNote[] => {
    const predicate = interest.anyOf[clause];
    const found = predicate === undefined ? null : mismatchOf(predicate, manifest);
    const level = found === null ? null : levelOf(found, manifest);
    if (found === null || level === null) return [];
    const { code, detail, remedy } = found;
    return [{ code, level, detail, remedy, alternative }];
  });
}

/** Of all sources there are, for a subscriber that names none. */
export function notesOnAny(
  { anyOf }: Pick<Interest, 'anyOf'>,
  vocabularies: ReadonlyMap<string, Vocabulary & Pick<SourceEntry, 'activation'>>,
): readonly WaitNoteFrame[] {
  return anyOf.flatMap((predicate, clause): WaitNoteFrame[] => {
    const candidates = [...vocabularies].filter(
      ([name]) => clausesOf([predicate], name).length > 0,
    );
    const unnamed = noteOnUnnamed(predicate, candidates);
    if (unnamed !== null) return [{ ...unnamed, clauses: [clause] }];
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
    const isCertain = found.every(
      ({ mismatch, isOpen }) => mismatch?.isCertain === true && !isOpen,
    );
    const isFrame = code === 'unknown_member';
    return [
      {
        kind: 'wait_note',
        source: 'waitbus',
        code,
        level: isFrame || isCertain ? 'impossible' : 'warning',
        detail: isFrame ? detail : `${near.name}: ${detail}`,
        remedy,
        clauses: [clause],
      },
    ];
  });
}

/** A predicate on `fields.source` starts nothing: that is what naming the source does. */
function noteOnUnnamed(
  { terms }: Predicate,
  candidates: readonly (readonly [string, Vocabulary & Pick<SourceEntry, 'activation'>])[],
): WaitNoteFrame | null {
  const names = terms.flatMap((term) =>
    formatPath(term.path) === 'fields.source' && term.kind === 'one-of' ? term.values : [],
  );
  const frame = { kind: 'wait_note', source: 'waitbus' } as const;
  if (names.length === 0) return null;
  if (candidates.length === 0) {
    const detail = `no source ${names.map(String).join(' or ')} is installed`;
    const remedy = 'waitbus source list';
    return { ...frame, code: 'unknown_source', level: 'warning', detail, remedy };
  }
  const [first] = candidates;
  if (first === undefined || candidates.some(([, { activation }]) => activation !== 'on-demand')) {
    return null;
  }
  const detail = `nothing starts the source ${first[0]} for this wait`;
  return {
    ...frame,
    code: 'not_started',
    level: 'warning',
    detail,
    remedy: `--source ${first[0]}`,
  };
}

/** Where others emit what they like, or not all is described, only what looks mistyped is worth a word. */
function levelOf(
  { code, isNear, isCertain }: Mismatch,
  { open }: Vocabulary,
): WaitNote['level'] | null {
  if (code === 'unknown_member' || (isCertain && open !== true)) return 'impossible';
  return isNear ? 'warning' : null;
}
