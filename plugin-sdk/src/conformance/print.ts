/** What the kit writes: its report quotes the package that it checks, so nothing steers a terminal. */
import { plainText } from '../envelope/index.js';

export function print(text: string): void {
  process.stdout.write(`${plainText(text)}\n`);
}

export function say(text: string): void {
  process.stderr.write(`${plainText(text)}\n`);
}

/** Calls back once all of it is out. */
export function whenPrinted(then: () => void): void {
  process.stdout.write('', then);
}
