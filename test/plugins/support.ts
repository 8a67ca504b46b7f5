/**
 * Source packages for the tests of `waitbus plugin`: written into a directory, packed into a
 * tarball, and the verbs to add and look at them.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  formatLockfile,
  parseLockfile,
  type Lockfile,
  type Pin,
} from '@waitbus/plugin-sdk/lockfile';
import { create } from 'tar';
import { Sandbox, type Ended } from '../support/sandbox.js';

export interface Written {
  readonly name?: string;
  readonly version?: string;
  readonly source?: string;
  readonly capabilities?: object;
  /** More members of package.json, or others in the place of these. */
  readonly packageJson?: object;
  /** More files, or others in the place of index.js. */
  readonly files?: Readonly<Record<string, string>>;
}

/** A source that is ready at once and emits one event. */
export const TICKS = (source: string, words = '') => `export default {
  name: '${source}',
  async start(ctx) {
    ctx.ready();
    await ctx.emit({ event_type: 'tick', fields: { conclusion: 'success', words: '${words}' } });
  },
};
`;

export class PluginBox extends Sandbox {
  readonly lockfile = join(this.paths.configDir, 'plugins.lock.json');
  #written = 0;

  constructor(env: NodeJS.ProcessEnv = {}) {
    // What needs no registry must not ask one.
    super({ npm_config_offline: 'true', npm_config_update_notifier: 'false', ...env });
  }

  /** Writes a package and returns its directory. */
  package(written: Written = {}): string {
    const { name = 'waitbus-source-mine', version = '1.0.0', source = 'mine' } = written;
    const directory = join(this.work, `package-${(this.#written += 1)}`);
    const packageJson = {
      name,
      version,
      type: 'module',
      engines: { waitbus: '^0.1.0', node: '>=20' },
      'waitbus.sources.v1': {
        [source]: {
          entry: './index.js',
          activation: 'on-demand',
          eventTypes: ['tick'],
          capabilities: written.capabilities ?? {},
        },
      },
      ...written.packageJson,
    };
    const files = {
      'package.json': `${JSON.stringify(packageJson, null, 2)}\n`,
      'index.js': TICKS(source),
      ...written.files,
    };
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      writeFileSync(join(directory, path), text);
    }
    return directory;
  }

  /** Writes a package and packs it; returns the tarball. */
  async tarball(written: Written = {}): Promise<string> {
    const directory = this.package(written);
    const file = `${directory}.tgz`;
    await create({ gzip: true, file, cwd: directory, prefix: 'package', portable: true }, ['.']);
    return file;
  }

  plugin(...args: readonly string[]): Promise<Ended> {
    return this.run(['plugin', ...args]);
  }

  /** Adds a package, agreed to, and asserts that it worked. */
  async add(what: string, ...more: readonly string[]): Promise<Ended> {
    const ended = await this.plugin('add', what, '--yes', ...more);
    assert.equal(ended.code, 0, ended.stderr);
    return ended;
  }

  get lock(): Lockfile {
    return parseLockfile(readFileSync(this.lockfile, 'utf8'), this.lockfile);
  }

  pin(name = 'waitbus-source-mine'): Pin {
    const pin = this.lock.plugins[name];
    assert.ok(pin, `${name} is not pinned`);
    return pin;
  }

  /** Writes a lock as a person with an editor could. */
  rewrite(change: (plugins: Record<string, Pin>) => Record<string, Pin>): void {
    const { lock } = this;
    writeFileSync(this.lockfile, formatLockfile({ ...lock, plugins: change({ ...lock.plugins }) }));
  }

  /** The directories of installed versions. */
  installed(name = 'waitbus-source-mine'): string[] {
    const directory = join(this.paths.plugins, name);
    return existsSync(directory) ? readdirSync(directory).map((one) => join(directory, one)) : [];
  }

  /** The directory of the only installed version's package. */
  packageDirectory(name = 'waitbus-source-mine'): string {
    const [prefix = '', ...others] = this.installed(name);
    assert.deepEqual(others, []);
    return join(prefix, 'node_modules', name);
  }
}

/** Asserts an exit code and gives stderr. */
export function assertEnds(ended: Ended, code: number, says: RegExp = /(?:)/): string {
  assert.equal(ended.code, code, `${ended.stdout}\n${ended.stderr}`);
  assert.match(ended.stderr, says);
  return ended.stderr;
}
