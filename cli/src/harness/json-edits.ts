/** The edits of a JSON file: done, taken back, and whether they stand. Pure; what cannot be is an error. */
import type { Edit, Json } from 'waitbus-source-agent/harnesses';
import { appendTo, setMember } from './json-insert.js';
import { prune, removeItem, removeMember } from './json-remove.js';
import { isSame, nodeAt, parseJson, valueOf, type Node } from './json-tree.js';
import { findMarked, hasMark } from './marked.js';
import { isOurServer } from './ours.js';
import { conflict } from './problems.js';

export type JsonEdit = Extract<Edit, { kind: 'json-append' | 'json-set' }>;

/** What the file held before anything of ours: its text, null for no file, undefined if nobody knows. */
export type Before = string | null | undefined;

/** @param text without anything of ours */
export function applyJson(text: string, edit: JsonEdit, replace: boolean): string {
  const { file, path, value } = edit;
  const blank = text.trim() === '' ? '{}\n' : text;
  if (edit.kind === 'json-append') return appendTo(blank, file, path, value);
  const there = valueOf(nodeAt(parseJson(blank, file), path));
  if (isSame(there, value)) return text;
  if (there !== undefined && !replace) {
    throw conflict(file, `${path.join('.')} is there already, and not by waitbus`);
  }
  return setMember(blank, file, path, value);
}

export function standsInJson(text: string, edit: JsonEdit): boolean {
  if (text.trim() === '') return false;
  const node = nodeAt(parseJson(text, edit.file), edit.path);
  if (edit.kind === 'json-set') return isSame(valueOf(node), edit.value);
  const marked = (node?.children ?? []).map(valueOf).filter((one) => hasMark(one, edit.mark));
  return marked.length === 1 && isSame(marked[0], edit.value);
}

export function withdrawJson(text: string, edit: JsonEdit, before: Before): string {
  if (text.trim() === '') return text;
  const { file, path } = edit;
  const earlier = before ? rootOf(before, file) : undefined;
  const isOurs = (above: readonly string[]) => nodeAt(earlier, above) === undefined;
  if (edit.kind === 'json-append') {
    const without = withoutMarked(text, edit.file, path, edit.mark);
    return without === text ? text : prune(without, file, path, isOurs);
  }
  const there = valueOf(nodeAt(parseJson(text, file), path));
  if (there === undefined || !isTakenBack(edit, there, before)) return text;
  const was = valueOf(nodeAt(earlier, path));
  if (was !== undefined) return isSame(was, there) ? text : setMember(text, file, path, was);
  return prune(removeMember(text, file, path), file, path.slice(0, -1), isOurs);
}

/** A member named waitbus is ours however it looks by now, unless nobody knows who made it. */
function isTakenBack({ path, value }: JsonEdit, there: Json, before: Before): boolean {
  const isNamed = path.at(-1) === 'waitbus';
  if (before === undefined) return isNamed && (isSame(there, value) || isOurServer(there));
  return isNamed || isSame(there, value);
}

function withoutMarked(text: string, file: string, path: readonly string[], mark: string): string {
  const found = findMarked(nodeAt(parseJson(text, file), path), mark);
  if (found === null) return text;
  return withoutMarked(removeItem(text, found.container, found.element), file, path, mark);
}

function rootOf(text: string, file: string): Node | undefined {
  return text.trim() === '' ? undefined : parseJson(text, file);
}
