/**
 * What becomes of one file by an installation, a repeated one, or its end: from what is there and what
 * is remembered. Pure.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Edit } from 'waitbus-source-agent/harnesses';
import { allStand, applyEdits, withdrawEdits } from './file-edits.js';
import type { Seen } from './look.js';
import { hashOf } from './record.js';
import { decode } from './text.js';

/** What is remembered of a file. */
export interface Known {
  /** All edits that may stand in it. */
  readonly edits: readonly Edit[];
  readonly before: Buffer | null;
  readonly beforeHash: string | null;
  readonly afterHash: string | null;
}

export interface Outcome {
  readonly before: Buffer | null;
  readonly after: Buffer | null;
}

/**
 * An installation is always done on what the file is without waitbus, so that its end leads back
 * there, whatever version of waitbus came between.
 */
export function decideInstall(
  seen: Seen,
  edits: readonly Edit[],
  known: Known | null,
  replace: boolean,
): Outcome {
  if (allStand(seen.text, edits) && !hasLeftovers(seen, edits, known)) {
    return { before: without(seen, edits, known, false), after: seen.bytes };
  }
  const before = without(seen, edits, known, replace);
  const { text = null, mark = '' } = before === null ? {} : (decode(before) ?? {});
  return { before, after: encode(applyEdits(text, edits, replace), mark) };
}

/** What the file is once nothing of ours is in it. */
export function decideUninstall(
  seen: Seen,
  edits: readonly Edit[],
  known: Known | null,
): Buffer | null {
  return without(seen, edits, known, false);
}

function without(
  seen: Seen,
  edits: readonly Edit[],
  known: Known | null,
  replace: boolean,
): Buffer | null {
  if (known === null) {
    const text = withdrawEdits(seen.text, edits, undefined);
    return text === seen.text ? seen.bytes : encode(text, seen.mark);
  }
  const { before, beforeHash, afterHash } = known;
  const hash = seen.bytes === null ? null : hashOf(seen.bytes);
  if (hash === afterHash || hash === beforeHash) return before;
  // A whole file of ours that was changed: agreed to, it is written over.
  if (replace && known.edits.some(({ kind }) => kind === 'file')) return before;
  const earlier = before === null ? null : (decode(before)?.text ?? null);
  const text = withdrawEdits(seen.text, known.edits, earlier);
  return text === seen.text ? seen.bytes : encode(text, seen.mark);
}

/** Edits that an earlier waitbus made and this one would not. */
function hasLeftovers(seen: Seen, edits: readonly Edit[], known: Known | null): boolean {
  if (known === null) return false;
  const obsolete = known.edits.filter((old) => !edits.some((edit) => isSameSpot(edit, old)));
  const earlier = known.before === null ? null : (decode(known.before)?.text ?? null);
  return withdrawEdits(seen.text, obsolete, earlier) !== seen.text;
}

function isSameSpot(a: Edit, b: Edit): boolean {
  return isDeepStrictEqual(spotOf(a), spotOf(b));
}

function spotOf(edit: Edit): readonly unknown[] {
  switch (edit.kind) {
    case 'json-append':
      return [edit.path, edit.mark];
    case 'json-set':
      return [edit.path];
    case 'toml-set':
      return [edit.table];
    case 'file':
      return [];
  }
}

function encode(text: string | null, mark: string): Buffer | null {
  return text === null ? null : Buffer.from(mark + text);
}
