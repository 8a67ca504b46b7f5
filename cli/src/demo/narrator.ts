/** How a demo speaks: plain lines when piped, colours and pauses to read by at a terminal. */
import { setTimeout as pause } from 'node:timers/promises';
import { print, printMarked } from '../terminal/print.js';

/** A pause between acts for a person to read; none when piped. */
const PACE_MS = 700;

export class Narrator {
  readonly #pace = process.stdout.isTTY;
  readonly #colours = this.#pace && !process.env['NO_COLOR'];

  heading(text: string): void {
    print('');
    this.#mark('', text, '1');
  }

  /** A command as a person would type it. */
  shows(command: string): void {
    this.#mark('  ', `$ ${command}`, '36');
  }

  tells(text: string): void {
    print(`  ${text}`);
  }

  succeeds(text: string): void {
    this.#mark('  ', 'ok', '32', ` ${text}`);
  }

  fails(text: string): void {
    this.#mark('  ', 'NOT OK', '31', ` ${text}`);
  }

  async pace(): Promise<void> {
    if (this.#pace) await pause(PACE_MS);
  }

  #mark(lead: string, mark: string, colour: string, rest = ''): void {
    printMarked(lead, mark, this.#colours ? colour : null, rest);
  }
}

/** Milliseconds between two readings of the shared clock, for people. */
export function elapsed(from: bigint, to: bigint): string {
  return `${(Number(to - from) / 1e6).toFixed(1)} ms`;
}
