/**
 * The edits of one file, of whatever kind: done, taken back, and whether they stand. A text is null
 * where there is no file. Pure; what cannot be is an error.
 */
import { WaitbusError, shellWord } from '@waitbus/plugin-sdk/envelope';
import type { Edit } from 'waitbus-source-agent/harnesses';
import { applyJson, standsInJson, withdrawJson, type Before } from './json-edits.js';
import { conflict } from './problems.js';
import { applyToml, standsInToml, withdrawToml } from './toml-edits.js';

export type { Before };

type Text = string | null;

/** @param text without anything of ours */
export function applyEdits(text: Text, edits: readonly Edit[], replace: boolean): Text {
  return edits.reduce((before, edit) => apply(before, edit, replace), text);
}

/** The last edit first, so that each finds what it left. */
export function withdrawEdits(text: Text, edits: readonly Edit[], before: Before): Text {
  const without = edits.reduceRight((after, edit) => withdraw(after, edit, before), text);
  if (without === null || without === text) return without;
  const isWhole = edits.some(({ kind }) => kind === 'file');
  if (isWhole || without.replaceAll(/\s/g, '').replace('{}', '') !== '') return without;
  // Nothing but what an empty file becomes by our edits.
  return before === undefined ? without : before !== null && before.trim() === '' ? before : null;
}

export function allStand(text: Text, edits: readonly Edit[]): boolean {
  return text !== null && edits.every((edit) => stands(text, edit));
}

function apply(text: Text, edit: Edit, replace: boolean): Text {
  switch (edit.kind) {
    case 'json-append':
    case 'json-set':
      return applyJson(text ?? '', edit, replace);
    case 'toml-set':
      return applyToml(text ?? '', edit, replace);
    case 'file':
      if (text !== null && text !== edit.content && !replace) {
        throw conflict(edit.file, 'a file is there already, and not as waitbus would write it');
      }
      return edit.content;
  }
}

function withdraw(text: Text, edit: Edit, before: Before): Text {
  if (text === null) return null;
  switch (edit.kind) {
    case 'json-append':
    case 'json-set':
      return withdrawJson(text, edit, before);
    case 'toml-set':
      return withdrawToml(text, edit, before);
    case 'file':
      return text === edit.content ? (before ?? null) : text;
  }
}

function stands(text: string, edit: Edit): boolean {
  switch (edit.kind) {
    case 'json-append':
    case 'json-set':
      return standsInJson(text, edit);
    case 'toml-set':
      return standsInToml(text, edit);
    case 'file':
      return text === edit.content;
  }
}

/** A whole file of ours that its user has changed since: it is not for us to remove. */
export function changedFile(text: Text, edits: readonly Edit[]): WaitbusError | null {
  const edit = edits.find(({ kind }) => kind === 'file');
  if (edit?.kind !== 'file' || text === null || text === edit.content) return null;
  return new WaitbusError(
    'WAITBUS_HARNESS_CONFLICT',
    `${edit.file} was changed since waitbus wrote it, so it was left where it is`,
    `Remove it yourself if nothing in it is needed: rm ${shellWord(edit.file)}`,
  );
}
