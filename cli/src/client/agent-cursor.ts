/**
 * How far an agent has read, in a file of the state directory: one for its inbox and one for what it
 * responds to. Goes forward only. Two readers of one name share it, and may both see a message.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ULID } from '@waitbus/kernel/ulid';
import type { Paths } from '../paths.js';

export class AgentCursor {
  readonly #directory: string;
  readonly #file: string;

  constructor(paths: Paths, name: string, what: 'inbox' | 'respond') {
    this.#directory = join(paths.stateDir, 'agents');
    // Some file systems take A for a.
    const safe = name.replace(/[A-Z]/g, (letter) => `+${letter.toLowerCase()}`);
    this.#file = join(this.#directory, `${safe}.${what}`);
  }

  /** null when it has never read; also when the file is damaged: everything is new then. */
  get position(): string | null {
    try {
      const text = readFileSync(this.#file, 'utf8').trim();
      return ULID.test(text) ? text : null;
    } catch {
      return null;
    }
  }

  /** @throws the operating system's error */
  advance(eventId: string): void {
    if (eventId <= (this.position ?? '')) return;
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    const unfinished = `${this.#file}.${process.pid}`;
    writeFileSync(unfinished, `${eventId}\n`, { mode: 0o600 });
    renameSync(unfinished, this.#file);
  }
}
