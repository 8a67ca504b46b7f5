/** A question at the terminal that is answered with yes or no. */
import { createInterface } from 'node:readline/promises';
import { plainLine } from '@waitbus/plugin-sdk/envelope';

/** Null when there is nobody to ask. */
export const askAtTerminal =
  process.stdin.isTTY && process.stderr.isTTY ? (question: string) => ask(question) : null;

async function ask(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const closed = new AbortController();
  terminal.once('close', () => closed.abort());
  try {
    const { signal } = closed;
    const answer = await terminal.question(`${plainLine(question)} [y/N] `, { signal });
    return /^y(es)?$/i.test(answer.trim());
  } catch {
    // The terminal was closed instead of an answer.
    return false;
  } finally {
    terminal.close();
  }
}
