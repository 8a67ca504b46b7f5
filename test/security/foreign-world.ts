/** A shared temporary directory in which another user (uid 65534) was first: what he put there, and what he heard. */
import assert from 'node:assert/strict';
import { chmodSync, lchownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { REPO, Sandbox, type Running } from '../support/sandbox.js';

export const NOBODY = 65534;
export const skip =
  process.getuid?.() === 0 && process.platform === 'linux'
    ? false
    : 'only root can act as another user';

export const WAIT = ['wait', '--source', 'agent', '--timeout', '60s'];
export const EMIT = ['emit', '--source', 'agent', '--event-type', 'agent_note'];

const FORGER = join(REPO, 'test', 'security', 'forger.py');

export class ForeignWorld {
  readonly box: Sandbox;
  /** Mode 1777, as /tmp is. */
  readonly tmp: string;
  /** Where the runtime directory is by default. */
  readonly runtime: string;
  readonly socket: string;
  #forger: Running | null = null;
  #heard = '';

  constructor(env: NodeJS.ProcessEnv = {}) {
    this.box = new Sandbox(env);
    this.tmp = join(this.box.directory, 'tmp');
    mkdirSync(this.tmp);
    for (const path of [this.box.directory, this.tmp]) chmodSync(path, 0o1777);
    Object.assign(this.box.env, {
      TMPDIR: this.tmp,
      WAITBUS_RUNTIME_DIR: '',
      // Where this machine has a /run/user/0, it is not what is looked for.
      XDG_RUNTIME_DIR: this.tmp,
    });
    this.runtime = join(this.tmp, 'waitbus');
    this.socket = join(this.runtime, 'broadcast.sock');
  }

  /** A directory of the other user's that everybody may enter. */
  foreignDirectory(path = this.runtime): string {
    mkdirSync(path);
    chmodSync(path, 0o777);
    lchownSync(path, NOBODY, NOBODY);
    return path;
  }

  /** The other user listens, ready to forge verdicts. */
  async forge(path = this.socket, ...options: readonly string[]): Promise<void> {
    this.#forger = this.box.start('python3', ['-u', FORGER, path, ...options]);
    this.#forger.child.stdout?.on('data', (text: Buffer) => (this.#heard += text.toString()));
    await this.#forger.says(/listening/);
  }

  /** Ends the forger, and asserts that nobody told it anything. */
  async heardNothing(): Promise<void> {
    const forger = this.#forger;
    assert.ok(forger);
    forger.child.kill();
    await forger.ended;
    assert.equal(this.#heard, 'listening\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.box[Symbol.asyncDispose]();
  }
}
