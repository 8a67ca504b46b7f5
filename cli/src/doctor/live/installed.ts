/**
 * What of a harness's plan stands in its configuration files, and the command that the harness would
 * run for a hook, if it is one that waitbus writes. Pure: reads the text of files, whose comments do
 * not count.
 */
import type { Edit, HarnessName } from 'waitbus-source-agent/harnesses';

/** @returns null: there is no such file */
export type ReadText = (file: string) => string | null;

/** Whether an edit stands: ours is there, whichever argv runs waitbus in it. */
export function stands(edit: Edit, read: ReadText): boolean {
  const text = read(edit.file);
  if (text === null) return false;
  switch (edit.kind) {
    case 'json-append':
      return strings(text).some((one) => hasMark(one, edit.mark));
    case 'json-set':
      return strings(text).includes(edit.path.at(-1) ?? '');
    case 'toml-set':
      return text.split('\n').some((line) => line.trim() === `[${edit.table.join('.')}]`);
    case 'file':
      return /waitbus|hook /.test(text);
  }
}

/** A command of a hook, and what stands in its place when it is not one that waitbus writes. */
export type Found =
  | { readonly kind: 'ours'; readonly command: string }
  | { readonly kind: 'other'; readonly file: string }
  | { readonly kind: 'none' };

/**
 * The shell command that the harness runs for one of its hooks. Text of a checkout is never run: it
 * counts only where it is what a plan writes, and it is the plan's that is given.
 * @param plans the edits of one scope, once for each argv that runs waitbus
 */
export function commandOf(
  harness: HarnessName,
  event: string,
  plans: readonly (readonly Edit[])[],
  read: ReadText,
): Found {
  const mark = `hook ${harness} ${event}`;
  let other: string | null = null;
  for (const edit of plans.flat()) {
    const text = edit.kind === 'json-append' || edit.kind === 'file' ? read(edit.file) : null;
    const command = text === null ? null : plannedCommand(edit, harness, event);
    if (text === null || command === null) continue;
    if (edit.kind === 'file' ? text === edit.content : strings(text).includes(command)) {
      return { kind: 'ours', command };
    }
    if (edit.kind === 'file' || strings(text).some((one) => hasMark(one, mark))) other = edit.file;
  }
  return other === null ? { kind: 'none' } : { kind: 'other', file: other };
}

/** What an edit has the harness run for an event; null: nothing for this one. */
function plannedCommand(edit: Edit, harness: HarnessName, event: string): string | null {
  const written = edit.kind === 'file' ? edit.content : textOf(edit);
  const found = strings(written).find((one) => hasMark(one, `hook ${harness} ${event}`));
  if (found !== undefined || edit.kind !== 'file') return found ?? null;
  // An executable that is named for the event.
  if (edit.file.endsWith(`/${event}`)) return quoted(edit.file);
  const [, argv] = /^const COMMAND = (\[.*\]);$/m.exec(written) ?? [];
  if (argv === undefined) return null;
  const words = (JSON.parse(argv) as string[]).map(quoted);
  return [...words, 'hook', harness, event].join(' ');
}

function textOf(edit: Edit): string {
  return edit.kind === 'json-append' ? JSON.stringify(edit.value) : '';
}

/** Not that of an event whose name begins alike. */
function hasMark(text: string, mark: string): boolean {
  const at = text.indexOf(mark);
  return at >= 0 && !/^\w/.test(text.slice(at + mark.length));
}

function quoted(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

const TOKEN = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|^\s*#[^\n]*|"(?:[^"\\\n]|\\.)*"/gm;

/** The texts in double quotes that stand outside of comments. */
export function strings(text: string): string[] {
  return [...text.matchAll(TOKEN)].flatMap(([token]) => {
    if (!token.startsWith('"')) return [];
    try {
      return [JSON.parse(token) as string];
    } catch {
      return [];
    }
  });
}
