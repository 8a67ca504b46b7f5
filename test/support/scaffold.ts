/** A source package from the scaffold, with the dependencies of this tree in place of an install. */
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { REPO, type Ended, type Sandbox } from './sandbox.js';

export class Scaffold {
  readonly directory: string;
  readonly #box: Sandbox;

  private constructor(box: Sandbox, directory: string) {
    this.#box = box;
    this.directory = directory;
  }

  static async create(box: Sandbox, name: string, ...flags: readonly string[]): Promise<Scaffold> {
    const directory = join(box.work, `waitbus-source-${name}`);
    const { code, stderr } = await box.run(['plugin', 'new', name, directory, ...flags]);
    if (code !== 0) throw new Error(stderr);
    symlinkSync(join(REPO, 'node_modules'), join(directory, 'node_modules'));
    return new Scaffold(box, directory);
  }

  /** Runs one of its scripts. */
  async npm(script: string): Promise<Ended> {
    return this.#box.start('npm', ['run', script], { cwd: this.directory }).ended;
  }
}
