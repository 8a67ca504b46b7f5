/** A home and a project of their own to install into, and what lies in them, byte for byte. */
import assert from 'node:assert/strict';
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Ended, Sandbox } from '../support/sandbox.js';

export class InstallBox {
  readonly home: string;
  readonly project: string;
  readonly box: Sandbox;

  constructor(box: Sandbox) {
    this.box = box;
    this.home = join(box.directory, 'home');
    this.project = box.work;
    mkdirSync(join(this.project, '.git'));
  }

  /** Writes a file; the path begins with home/ or work/. */
  write(path: string, text: string, mode = 0o644): string {
    const file = join(this.box.directory, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { mode });
    return file;
  }

  read(path: string): string {
    return readFileSync(join(this.box.directory, path), 'utf8');
  }

  /** Every file of the home and the project: kind, mode, content. */
  all(): Record<string, string> {
    const found: Record<string, string> = {};
    const walk = (directory: string) => {
      for (const name of readdirSync(join(this.box.directory, directory))) {
        const path = `${directory}/${name}`;
        const stat = lstatSync(join(this.box.directory, path));
        const mode = (stat.mode & 0o7777).toString(8);
        if (stat.isDirectory()) {
          found[`${path}/`] = mode;
          walk(path);
        } else if (stat.isSymbolicLink()) {
          found[path] = `-> ${readlinkSync(join(this.box.directory, path))}`;
        } else {
          found[path] =
            `${mode} ${readFileSync(join(this.box.directory, path)).toString('latin1')}`;
        }
      }
    };
    walk('home');
    walk('work');
    return found;
  }

  async ok(...args: readonly string[]): Promise<Ended> {
    const ended = await this.box.run(args);
    assert.equal(ended.code, 0, `${args.join(' ')}: ${ended.stderr}`);
    return ended;
  }

  /** Runs a command that is to be refused, with everything as it was. */
  async refused(code: number, what: RegExp, ...args: readonly string[]): Promise<Ended> {
    const before = this.all();
    const ended = await this.box.run(args);
    assert.equal(ended.code, code, ended.stderr);
    assert.match(ended.stderr, what);
    assert.deepEqual(this.all(), before);
    return ended;
  }
}
