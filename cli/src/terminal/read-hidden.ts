/** Asks for a line at a terminal without showing what is typed. */
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { plainLine } from '@waitbus/plugin-sdk/envelope';

/**
 * The terminal is as it was before when it settles, also after Ctrl-C.
 * @returns null when it was left with Ctrl-C; an empty line after Ctrl-D
 */
export function readHidden(question: string): Promise<string | null> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const prompt = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  // Asked only now that the terminal shows no more: somebody may type at once.
  process.stderr.write(plainLine(question));
  return new Promise((resolve) => {
    const end = (answer: string | null) => {
      resolve(answer);
      prompt.close();
      process.stderr.write('\n');
    };
    prompt.once('line', end);
    prompt.once('SIGINT', () => end(null));
    // Nothing was answered, if this comes first.
    prompt.once('close', () => resolve(''));
  });
}
