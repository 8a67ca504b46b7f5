/**
 * How far an agent has read, in a file of the state directory: one for its inbox and one for what it
 * responds to. Goes forward only. Two readers of one name share it, and may both see a message.
 */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ownDirectory, readOwnFile } from '@waitbus/kernel/own-places';
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
    const text = readOwnFile(this.#file).trim();
    return ULID.test(text) ? text : null;
  }

  /** @throws the operating system's error */
  advance(eventId: string): void {
    if (eventId <= (this.position ?? '')) return;
    for (const each of [dirname(this.#directory), this.#directory]) {
      ownDirectory(each, 'WAITBUS_STATE_DIR');
    }
    const unfinished = `${this.#file}.${process.pid}`;
    // Of a process of this number that was killed.
    rmSync(unfinished, { force: true });
    writeFileSync(unfinished, `${eventId}\n`, { mode: 0o600, flag: 'wx' });
    renameSync(unfinished, this.#file);
  }
}
