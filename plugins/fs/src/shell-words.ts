/** Texts as they stand in a sentence, on a command line, and in the option of a condition. Pure. */

export function matchOption(key: string, op: string, value: string): string {
  return `--match ${shellWord(`${key}${op}${JSON.stringify(value)}`)}`;
}

export function quote(text: string): string {
  return JSON.stringify(text);
}

export function shellWord(text: string): string {
  return /^[\w./:@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
