/**
 * A waitbus of its own in temporary directories, driven as people drive it: by its command. Finds
 * the command, runs it, and follows what one source emits.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { accessSync, constants, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { parseJson, stringifyJson, type SourceEvent } from '../envelope/index.js';
import { Failure, within } from './failure.js';
import type { Target } from './target.js';
import type { Run, Setup, World } from './world.js';

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** Installing may fetch packages. */
const COMMAND_LIMIT_MS = 180_000;

/** @throws Failure that says how to get one */
export function findWaitbus({ waitbus, directory, env }: Target): string {
  if (waitbus !== null) return waitbus;
  const candidates: string[] = [];
  for (let at = directory; ; at = dirname(at)) {
    candidates.push(join(at, 'node_modules', '.bin', 'waitbus'));
    if (dirname(at) === at) break;
  }
  for (const at of (env['PATH'] ?? '').split(delimiter)) candidates.push(join(at, 'waitbus'));
  const found = candidates.find(isExecutable);
  if (found !== undefined) return found;
  throw new Failure(
    'there is no waitbus command to install it with: npm install --save-dev waitbus, or --waitbus PATH',
  );
}

export class RealWaitbus {
  readonly #command: string;
  /** What the user's own commands see, npm's configuration among it. */
  readonly #outer: NodeJS.ProcessEnv;
  /** What the daemon, and with it the source, sees. */
  readonly #inner: NodeJS.ProcessEnv;
  readonly #setup: Setup;
  readonly #source: string;
  readonly #eventTypes: readonly string[];
  readonly #running = new Set<Running>();

  constructor(target: Target, world: World, setup: Setup) {
    this.#command = findWaitbus(target);
    this.#setup = setup;
    this.#source = target.source;
    this.#eventTypes = target.declared.eventTypes;
    const places = {
      WAITBUS_STATE_DIR: join(world.base, 'waitbus'),
      WAITBUS_RUNTIME_DIR: join(world.base, 'run'),
      WAITBUS_CONFIG_DIR: join(world.base, 'config'),
    };
    const { WAITBUS_LOCKFILE: _lock, WAITBUS_NO_AUTOSTART: _no, ...outer } = target.env;
    this.#outer = { ...outer, ...places };
    this.#inner = { ...setup.env, ...places };
    mkdirSync(places.WAITBUS_CONFIG_DIR, { recursive: true });
    if (setup.config === undefined) return;
    const config = stringifyJson({ sources: { [this.#source]: setup.config } });
    writeFileSync(join(places.WAITBUS_CONFIG_DIR, 'config.json'), config);
  }

  /** Whether this waitbus brings the package itself. */
  async brings(packageName: string): Promise<boolean> {
    // Starts the daemon; naming a source that is not there yet would be refused.
    await this.run(['log', '--since', 'start']);
    const { stdout } = await this.run(['status', '--json']);
    const { sources } = JSON.parse(stdout) as { sources: { package: string; state: string }[] };
    return sources.some((one) => one.package === packageName && one.state !== 'quarantined');
  }

  /** Installs, pins and grants; the next command starts a daemon that knows of it. */
  async install(tarball: string): Promise<void> {
    await this.run(['stop']);
    await this.run(['plugin', 'add', tarball, '--yes'], { env: this.#outer });
  }

  async grant(): Promise<void> {
    for (const [name, value] of Object.entries(this.#setup.secrets)) {
      await this.run(['secret', 'set', name, '--for', this.#source], { input: value });
    }
  }

  /** A wait on the source; `armed` resolves when nothing can be missed any more. */
  wait(): Running & { readonly armed: Promise<void> } {
    const [root] = this.#setup.roots;
    const where = root === undefined ? [] : ['--cwd', root];
    const args = ['wait', '--source', this.#source, ...where, '--json', '--ready-fd', '3'];
    const wait = this.#start(args, this.#inner);
    const armed = new Promise<void>((resolve) =>
      (wait.child.stdio[3] as Readable).once('data', () => resolve()),
    );
    return { ...wait, armed };
  }

  /**
   * What the source emits, as the scenario sees it: each type asked for by its name, since some are
   * told to those alone who do, and where the wait is. `heard` resolves when the daemon knows of it.
   */
  follow(): Run & { readonly heard: Promise<void> } {
    const { config, roots } = this.#setup;
    const types = this.#eventTypes.flatMap((type) => ['--match', `event_type="${type}"`]);
    const args = ['log', '--since', 'start', '--follow', '--json', '--source', this.#source];
    const { child, ended } = this.#start([...args, ...types], this.#inner, roots[0]);
    const events: SourceEvent[] = [];
    const watchers = new Set<() => void>();
    createInterface({ input: child.stdout as Readable }).on('line', (line) => {
      events.push(parseJson(line) as SourceEvent);
      for (const watcher of [...watchers]) watcher();
    });
    const until = (holds: () => boolean, milliseconds: number, late: () => string) => {
      let watcher: () => void = () => undefined;
      const held = new Promise<void>((resolve, reject) => {
        watcher = () => {
          if (holds()) resolve();
        };
        watchers.add(watcher);
        void ended.then(({ stderr }) => reject(new Failure(`waitbus log ended: ${stderr}`)));
        watcher();
      });
      return within(held, milliseconds, late).finally(() => watchers.delete(watcher));
    };
    // Its first word is how the source fares, which only a subscriber is told.
    const heard = new Promise<void>((resolve) => {
      child.stderr?.once('data', () => resolve());
      void ended.then(() => resolve());
    });
    return { config, roots, events, until, heard };
  }

  /** @throws Failure when the command does not exit with 0 */
  async run(
    args: readonly string[],
    { env = this.#inner, input = '' }: { env?: NodeJS.ProcessEnv; input?: string } = {},
  ): Promise<Ended> {
    const { child, ended } = this.#start(args, env);
    child.stdin?.on('error', () => undefined).end(input);
    const shown = `waitbus ${args.join(' ')}`;
    const result = await within(
      ended,
      COMMAND_LIMIT_MS,
      () => `${shown} did not end within ${COMMAND_LIMIT_MS / 1000} s`,
    );
    if (result.code === 0) return result;
    throw new Failure(`${shown} ended with ${String(result.code)}: ${result.stderr.trim()}`);
  }

  async close(): Promise<void> {
    for (const { child } of this.#running) child.kill('SIGKILL');
    await Promise.all([...this.#running].map(({ ended }) => ended.catch(() => undefined)));
    await this.run(['stop']);
  }

  #start(args: readonly string[], env: NodeJS.ProcessEnv, cwd?: string): Running {
    const [program, ...before] = this.#command.endsWith('.js')
      ? [process.execPath, this.#command]
      : [this.#command];
    const child = spawn(program, [...before, ...args], {
      env,
      cwd,
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const ended = new Promise<Ended>((resolve) => {
      child.once('error', (error) => resolve({ code: null, stdout, stderr: error.message }));
      child.once('close', (code) => resolve({ code, stdout, stderr }));
    });
    const running = { child, ended };
    this.#running.add(running);
    void ended.then(() => this.#running.delete(running));
    return running;
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
