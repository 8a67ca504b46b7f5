/** Whether what is asked for can come at all, by manifests alone and before any source is started: pure. */
import type { Interest, WaitNoteFrame } from '@waitbus/kernel';
import { manifestNotes, notesOnAny } from './host-notes.js';
import type { InstalledSource } from './inventory.js';
import { clausesOf } from './waiter.js';

type Declared = Pick<InstalledSource, 'name' | 'manifest' | 'quarantine'>;

/**
 * @param named the sources that are asked for; none: all that are `installed`
 * @returns why no alternative can be met by any of them; null as long as one could
 */
export function impossibleOf(
  interest: Pick<Interest, 'anyOf'>,
  named: readonly Declared[],
  installed: readonly Declared[],
): WaitNoteFrame | null {
  const notes =
    named.length > 0
      ? named.map((source) => notesOf(interest, source))
      : [notesOnAny(interest, new Map(installed.map(({ name, manifest }) => [name, manifest])))];
  const found = interest.anyOf.map((_, clause) => {
    const against = notes.map((ofOne) => ofOne.find(isAgainst(clause)));
    return against.includes(undefined) ? undefined : against[0];
  });
  return found.includes(undefined) ? null : (found[0] ?? null);
}

function isAgainst(clause: number): (note: WaitNoteFrame) => boolean {
  return ({ level, clauses }) =>
    level === 'impossible' && (clauses === undefined || clauses.includes(clause));
}

/** A clause that is none of the source's counts as one that it cannot meet. */
function notesOf({ anyOf }: Pick<Interest, 'anyOf'>, source: Declared): readonly WaitNoteFrame[] {
  const own = clausesOf(anyOf, source.name);
  const others = anyOf.flatMap((_, at) => (own.includes(at) ? [] : [at]));
  const frame = { kind: 'wait_note', source: source.name, level: 'impossible' } as const;
  const detail = 'what is asked for can only be of another source';
  const foreign = { ...frame, code: 'other_source', detail, remedy: '', clauses: others };
  const notes = manifestNotes({ anyOf }, source).map((note): WaitNoteFrame => {
    const { code, level, detail: why, remedy = '', alternative } = note;
    const clauses = alternative === undefined ? own : own.slice(alternative, alternative + 1);
    return { kind: 'wait_note', source: source.name, code, level, detail: why, remedy, clauses };
  });
  return others.length === 0 ? notes : [...notes, foreign];
}
