/**
 * A real npm registry on this machine: Verdaccio with its storage in a temporary directory. Anybody
 * may publish the packages of a test to it; every other package comes from the registry that npm is
 * configured with, whose name is asked for and kept nowhere.
 */
import { fork, type ChildProcess } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installOnce, npm } from './install-once.js';
import { REPO } from './sandbox.js';

const PROGRAM = fileURLToPath(new URL('../fixtures/verdaccio.cjs', import.meta.url));
const VERDACCIO = {
  /** The last that runs on Node 20. */
  dependencies: { verdaccio: '6.8.0' },
  /** One of its parts asks for a dist-tag, which not every mirror has, and means this. */
  overrides: { 'node-fetch': '2.7.0' },
};

/** The part of the storage that is the same for all. */
const UPLINK = 'uplink';

export class Registry {
  /** Ends without a slash. */
  readonly url: string;
  readonly #directory: string;
  readonly #child: ChildProcess;

  private constructor(directory: string, child: ChildProcess, port: number) {
    this.#directory = directory;
    this.#child = child;
    this.url = `http://127.0.0.1:${port}`;
    mkdirSync(this.#home);
    this.useFrom(this.#home);
  }

  static async start(): Promise<Registry> {
    const installed = await installOnce('waitbus-verdaccio', VERDACCIO);
    const uplink = await uplinkOfNpm();
    const directory = realpathSync(mkdtempSync(join(tmpdir(), 'waitbus-registry-')));
    // What comes from elsewhere is kept from one run to the next; what a test publishes is not.
    const kept = join(REPO, 'node_modules', '.cache', 'waitbus-uplink');
    mkdirSync(kept, { recursive: true });
    mkdirSync(join(directory, 'storage'));
    symlinkSync(kept, join(directory, 'storage', UPLINK));
    const child = fork(PROGRAM, [], {
      cwd: directory,
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    child.send({ directory: installed, config: configuration(directory, uplink) });
    const port = await new Promise<number>((resolve, reject) => {
      child.once('message', (message) => resolve((message as { port: number }).port));
      child.once('exit', (code) => reject(new Error(`the registry ended with ${code}`)));
    });
    return new Registry(directory, child, port);
  }

  /** Lets npm use this registry, and nothing else, for whoever has this HOME. */
  useFrom(home: string): void {
    // npm publishes only with a token at hand; this registry takes any.
    const token = `${this.url.slice('http:'.length)}/:_authToken=anybody`;
    const quiet = ['audit=false', 'fund=false', 'update-notifier=false'];
    // A registry that was stopped does not come back; npm would try for over a minute.
    const lines = [`registry=${this.url}/`, token, 'fetch-retries=0', ...quiet];
    writeFileSync(join(home, '.npmrc'), `${lines.join('\n')}\n`);
  }

  /** Publishes the package in a directory under the name and version that it has there. */
  async publish(directory: string): Promise<void> {
    await this.#npm('publish', '--ignore-scripts', directory);
  }

  async unpublish(name: string, version: string): Promise<void> {
    await this.#npm('unpublish', '--force', `${name}@${version}`);
  }

  /** Serves what is in the directory under the newest number, which had other bytes before. */
  async replace(directory: string): Promise<void> {
    const text = readFileSync(join(directory, 'package.json'), 'utf8');
    const { name, version } = JSON.parse(text) as { name: string; version: string };
    await this.unpublish(name, version);
    await this.publish(directory);
  }

  /** From now on it cannot be reached. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await gone;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  get #home(): string {
    return join(this.#directory, 'home');
  }

  #npm(...args: readonly string[]): Promise<string> {
    return npm(args, this.#directory, { PATH: process.env['PATH'], HOME: this.#home });
  }
}

interface Uplink {
  readonly url: string;
  /** The certificates that npm trusts there, where it is told of them; Node itself is not. */
  readonly ca?: string;
}

async function uplinkOfNpm(): Promise<Uplink> {
  const get = async (key: string) => (await npm(['config', 'get', key], REPO, process.env)).trim();
  const url = await get('registry');
  const file = await get('cafile');
  return existsSync(file) ? { url, ca: readFileSync(file, 'utf8') } : { url };
}

function configuration(directory: string, uplink: Uplink): object {
  const ours = { access: '$all', publish: '$all', unpublish: '$all' };
  return {
    self_path: join(directory, 'config.yaml'),
    storage: join(directory, 'storage'),
    uplinks: { configured: { ...uplink, maxage: '30d' } },
    packages: {
      '@waitbus/*': ours,
      'waitbus-source-*': ours,
      waitbus: ours,
      'create-waitbus-source': ours,
      '**': { access: '$all', proxy: 'configured', storage: UPLINK },
    },
    auth: { htpasswd: { file: join(directory, 'htpasswd') } },
    web: { enable: false },
    log: { type: 'file', path: join(directory, 'log'), level: 'warn' },
  };
}
