/** Text as one word of a POSIX shell, for commands that people paste. */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
