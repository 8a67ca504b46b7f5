/** A word of a command line of sh. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
