/** A copy of the source tree's shape in a temporary directory: same code, plugins of its own. */
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Capabilities } from '@waitbus/plugin-sdk/manifest';
import { REPO, type Running, type Sandbox } from '../support/sandbox.js';

export class Workspace {
  readonly root: string;
  readonly #box: Sandbox;

  constructor(box: Sandbox) {
    this.#box = box;
    this.root = join(box.directory, 'workspace');
    mkdirSync(join(this.root, 'cli', 'dist'), { recursive: true });
    mkdirSync(join(this.root, 'plugins'));
    this.#json('package.json', { name: 'waitbus-workspace' });
    const cli = JSON.parse(readFileSync(join(REPO, 'cli', 'package.json'), 'utf8')) as object;
    this.#json('cli/package.json', { ...cli, dependencies: {} });
    cpSync(join(REPO, 'cli', 'dist', 'bin'), join(this.root, 'cli', 'dist', 'bin'), {
      recursive: true,
    });
    symlinkSync(join(REPO, 'node_modules'), join(this.root, 'node_modules'));
  }

  get waitbus(): string {
    return join(this.root, 'cli', 'dist', 'bin', 'waitbus.js');
  }

  /**
   * Writes a source package under plugins/.
   * @param entry more members of the source's manifest, or others in the place of these
   */
  plugin(
    directory: string,
    name: string,
    source: string,
    code: string,
    capabilities: Partial<Capabilities> = {},
    entry: object = {},
  ): void {
    this.#json(`plugins/${directory}/package.json`, {
      name,
      version: '1.0.0',
      type: 'module',
      engines: { waitbus: '^0.1.0' },
      files: ['index.js'],
      'waitbus.sources.v1': {
        [source]: {
          entry: './index.js',
          activation: 'on-demand',
          eventTypes: ['declared'],
          capabilities,
          ...entry,
        },
      },
    });
    writeFileSync(join(this.root, 'plugins', directory, 'index.js'), code);
  }

  /** Pins what is there now, as `npm run lock` does. */
  async pin(): Promise<void> {
    const tool = join(this.root, 'cli', 'dist', 'bin', 'lock-workspace.js');
    const { code, stderr } = await this.#box.start(process.execPath, [tool]).ended;
    if (code !== 0) throw new Error(stderr);
  }

  run(...args: readonly string[]): Running {
    return this.#box.start(process.execPath, [this.waitbus, ...args]);
  }

  async daemon(): Promise<Running> {
    const running = this.run('daemon', '--log-level', 'debug');
    await running.says(/"msg":"serving"/);
    return running;
  }

  async sources(): Promise<Map<string, Record<string, unknown>>> {
    const { stdout } = await this.run('status', '--json').ended;
    const { sources } = JSON.parse(stdout) as { sources: Record<string, unknown>[] };
    return new Map(sources.map((source) => [source['name'] as string, source]));
  }

  #json(path: string, value: object): void {
    const file = join(this.root, path);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
  }
}

/** A source that is ready at once and emits one event. */
export const emitting = (name: string, words = '') => `export default {
  name: '${name}',
  async start(ctx) {
    ctx.ready();
    await ctx.emit({ event_type: 'declared', fields: { words: '${words}' } });
  },
};
`;
