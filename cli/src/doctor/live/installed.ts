/**
 * What of a harness's plan stands in its configuration files, and the command that the harness would
 * run for a hook. Pure: reads the text of files, whose comments do not count.
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

/**
 * The shell command that the harness runs for one of its hooks.
 * @param edits those of one scope
 * @returns null: there is none
 */
export function commandOf(
  harness: HarnessName,
  event: string,
  edits: readonly Edit[],
  read: ReadText,
): string | null {
  for (const { kind, file } of edits) {
    const text = kind === 'toml-set' ? null : read(file);
    if (text === null) continue;
    const found = strings(text).find((one) => hasMark(one, `hook ${harness} ${event}`));
    if (found !== undefined) return found;
    // An executable that is named for the event.
    if (kind === 'file' && file.endsWith(`/${event}`)) return quoted(file);
    const [, argv] = /^const COMMAND = (\[.*\]);$/m.exec(text) ?? [];
    if (kind === 'file' && argv !== undefined) {
      const words = (JSON.parse(argv) as string[]).map(quoted);
      return [...words, 'hook', harness, event].join(' ');
    }
  }
  return null;
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
