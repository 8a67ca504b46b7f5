/**
 * The edits of a TOML file: a table of ours at its end, or a member where the tables above are written
 * in one line. Every other byte stays. Pure; what cannot be is an error.
 */
import { getStaticTOMLValue, parseTOML, type AST } from 'toml-eslint-parser';
import type { Edit, Json } from 'waitbus-source-agent/harnesses';
import { isObject, isSame } from './json-tree.js';
import type { Before } from './json-edits.js';
import { isOurServer } from './ours.js';
import { badFile, conflict } from './problems.js';
import { lineEndOf, splice } from './text.js';
import { inline, keyText, tableText } from './toml-text.js';
import { findInline, placesOf } from './toml-places.js';

export type TomlEdit = Extract<Edit, { kind: 'toml-set' }>;

/** @param text without anything of ours */
export function applyToml(text: string, edit: TomlEdit, replace: boolean): string {
  const { file, table, values } = edit;
  const program = parseToml(text, file);
  const there = at(program, table);
  if (isSame(there, values)) return text;
  if (there !== undefined) {
    if (!replace) throw conflict(file, `[${keyText(table)}] is there already, and not by waitbus`);
    return applyToml(removed(text, file, table), edit, false);
  }
  const above = table.slice(0, -1).map((_, depth) => table.slice(0, depth + 1));
  const bad = above.find((path) => !isTable(at(program, path)));
  if (bad !== undefined) throw conflict(file, `${keyText(bad)} is not a table`);
  const done = appended(text, program, edit);
  // A table that is written in a way that none of ours can join is refused, never damaged.
  if (!isSame(tryValue(done)?.value, withValue(valueOf(program), table, values))) {
    throw conflict(file, `[${keyText(table)}] cannot be added to how its tables are written`);
  }
  return done;
}

export function standsInToml(text: string, { file, table, values }: TomlEdit): boolean {
  return isSame(at(parseToml(text, file), table), values);
}

export function withdrawToml(text: string, edit: TomlEdit, before: Before): string {
  const { file, table, values } = edit;
  const there = at(parseToml(text, file), table);
  if (there === undefined) return text;
  // A table of this name is ours however it looks by now, unless nobody knows who made it.
  if (before === undefined && !isSame(there, values) && !isOurServer(there)) return text;
  const was = before ? at(parseToml(before, file), table) : undefined;
  if (isSame(was, there)) return text;
  const without = removed(text, file, table);
  return isObject(was) ? applyToml(without, { ...edit, values: was }, false) : without;
}

/** @throws WaitbusError WAITBUS_BAD_HARNESS_FILE */
function parseToml(text: string, file: string): AST.TOMLProgram {
  try {
    return parseTOML(text, { tomlVersion: '1.1' });
  } catch (error) {
    const { message, index } = error as { message: string; index?: number };
    throw badFile(file, `broken TOML (${message})`, text, index ?? 0);
  }
}

function appended(text: string, program: AST.TOMLProgram, { table, values }: TomlEdit): string {
  const found = findInline(program, table.slice(0, -1));
  if (found !== null) {
    const { node, below } = found;
    const last = node.body.at(-1);
    const put = `${keyText([...below, ...table.slice(-1)])} = ${inline(values)}`;
    const from = last === undefined ? node.range[0] + 1 : last.range[1];
    return splice(text, [{ from, to: from, text: last === undefined ? ` ${put} ` : `, ${put}` }]);
  }
  const eol = lineEndOf(text);
  const isWhole = text === '' || text.endsWith('\n');
  const gap = text === '' ? '' : isWhole ? eol : eol + eol;
  return text + gap + tableText(table, values).replaceAll('\n', eol);
}

/** The last place first, each on its own: a header never goes before its members. */
function removed(text: string, file: string, table: readonly string[]): string {
  const places = placesOf(text, parseToml(text, file), table);
  const [last] = places.sort((a, b) => b.from - a.from);
  return last === undefined ? text : removed(splice(text, [last]), file, table);
}

function valueOf(program: AST.TOMLProgram): Json {
  return getStaticTOMLValue(program) as unknown as Json;
}

function at(program: AST.TOMLProgram, path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>(
    (value, key) => (isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined),
    valueOf(program),
  );
}

function isTable(value: Json | undefined): boolean {
  return value === undefined || isObject(value);
}

function tryValue(text: string): { readonly value: Json } | null {
  try {
    return { value: valueOf(parseTOML(text, { tomlVersion: '1.1' })) };
  } catch {
    return null;
  }
}

function withValue(
  value: Json | undefined,
  [key = '', ...below]: readonly string[],
  put: Json,
): Json {
  const whole = isObject(value) ? value : {};
  return { ...whole, [key]: below.length === 0 ? put : withValue(whole[key], below, put) };
}
