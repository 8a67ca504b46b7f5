/**
 * All that a command writes to its stdout and stderr leaves here, and nothing of it steers a
 * terminal, whoever wrote it. A lint rule keeps every other file from writing there.
 */
import { plainLine, plainText } from '@waitbus/plugin-sdk/envelope';

/** Writes a line for people. */
export function say(line: string): void {
  process.stderr.write(`${plainLine(line)}\n`);
}

/** Writes a text of several lines for people, such as how a command is used. */
export function sayText(text: string): void {
  process.stderr.write(plainText(`${text}\n`));
}

/** Writes a line of data. JSON stays the JSON that it is. */
export function print(line: string): void {
  process.stdout.write(`${plainLine(line)}\n`);
}

/** Writes data of several lines: indented JSON, a help text, a diff. */
export function printText(text: string): void {
  process.stdout.write(plainText(text.endsWith('\n') ? text : `${text}\n`));
}

/**
 * Writes text as it is for the program that reads it, as in `answer=$(waitbus ask ...)`; at a
 * terminal as above.
 */
export function printBody(text: string): void {
  if (process.stdout.isTTY) printText(text);
  else process.stdout.write(`${text}\n`);
}

/**
 * Writes lines of data for who must have them before anything counts as given. Those of a body keep
 * their tabs; who splits it sees to its line breaks.
 * @returns false when nobody reads any more
 */
export function printed(lines: readonly string[]): Promise<boolean> {
  return flushedTo(process.stdout, lines.map((line) => plainText(`${line}\n`)).join(''));
}

/** The same for an answer of several lines to a harness: JSON, or a text for its model. */
export function answered(stream: 'stdout' | 'stderr', text: string): Promise<boolean> {
  return flushedTo(process[stream], plainText(text));
}

/** A line that opens with a word in colour, which is ours. */
export function printMarked(lead: string, mark: string, colour: string | null, rest: string): void {
  const word = plainLine(mark);
  const shown = colour === null ? word : `\u001b[${colour}m${word}\u001b[0m`;
  process.stdout.write(`${lead}${shown}${plainLine(rest)}\n`);
}

function flushedTo(stream: NodeJS.WriteStream, text: string): Promise<boolean> {
  if (text === '') return Promise.resolve(true);
  return new Promise((resolve) => {
    stream.write(text, (error) => resolve(error === null || error === undefined));
  });
}
