/**
 * What becomes of the data on stdout. A reader that has gone, as in `| head -1`, is no failure and
 * leaves no work undone; a full disk is one: who does not have the data has no answer.
 */
import { whyOf } from '../system-error.js';
import { EXIT, say } from './exit.js';

let failure: NodeJS.ErrnoException | null = null;
const over = new AbortController();

/** Aborted when nothing of what is printed arrives any more: for commands that would print on and on. */
export const outputOver: AbortSignal = over.signal;

/** Whether something that was printed is lost, and not for want of a reader. */
export function outputFailed(): boolean {
  return failure !== null;
}

/** Whether something of what was printed until now is lost, as above. */
export async function outputLost(): Promise<boolean> {
  await flushed(process.stdout);
  return outputFailed();
}

/** Once in a process, before anything is printed. */
export function watchOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') failure ??= error;
    over.abort();
  });
  // What is said to nobody changes no answer.
  process.stderr.on('error', () => undefined);
}

/**
 * Resolves once a slow reader of a pipe has all that was written, which process.exit alone cuts off.
 * @returns the exit code of a command, or 2 if what it printed could not be written
 */
export async function written(code: number, command: string): Promise<number> {
  await flushed(process.stdout);
  const result = failure === null ? code : EXIT.usage;
  if (failure !== null) {
    say(`waitbus ${command}: what it printed could not be written: ${whyOf(failure)}`);
    say(
      '  Send its stdout where there is room, as with > FILE on another disk; df shows the room.',
    );
  }
  await flushed(process.stderr);
  return result;
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  // Not even nothing is written without need: of a full disk that would be an error.
  if (stream.writableLength === 0) return new Promise((resolve) => setImmediate(resolve));
  return new Promise((resolve) => stream.write('', () => resolve()));
}
