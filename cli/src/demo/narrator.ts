/** How a demo speaks: plain lines when piped, colours and pauses to read by at a terminal. */
import { setTimeout as pause } from 'node:timers/promises';

/** A pause between acts for a person to read; none when piped. */
const PACE_MS = 700;

export class Narrator {
  readonly #pace = process.stdout.isTTY;
  readonly #colours = this.#pace && !process.env['NO_COLOR'];

  heading(text: string): void {
    process.stdout.write(`\n${this.#paint('1', text)}\n`);
  }

  /** A command as a person would type it. */
  shows(command: string): void {
    process.stdout.write(`  ${this.#paint('36', `$ ${command}`)}\n`);
  }

  tells(text: string): void {
    process.stdout.write(`  ${text}\n`);
  }

  succeeds(text: string): void {
    process.stdout.write(`  ${this.#paint('32', 'ok')} ${text}\n`);
  }

  fails(text: string): void {
    process.stdout.write(`  ${this.#paint('31', 'NOT OK')} ${text}\n`);
  }

  async pace(): Promise<void> {
    if (this.#pace) await pause(PACE_MS);
  }

  #paint(code: string, text: string): string {
    return this.#colours ? `\u001b[${code}m${text}\u001b[0m` : text;
  }
}

/** Milliseconds between two readings of the shared clock, for people. */
export function elapsed(from: bigint, to: bigint): string {
  return `${(Number(to - from) / 1e6).toFixed(1)} ms`;
}
