/**
 * A place of its own for a test: temporary directories for waitbus and for work, an environment that
 * points there, and the end of everything that was started in it.
 */
import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { resolvePaths, type Paths } from 'waitbus';

export const REPO = fileURLToPath(new URL('../..', import.meta.url));
export const WAITBUS = join(REPO, 'cli', 'dist', 'bin', 'waitbus.js');

/** A program that ended. */
export interface Ended {
  /** 128 plus the signal's number is not used here: `signal` says it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that runs. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when stdout or stderr has said this; rejects when the program ends first. */
  says(what: RegExp): Promise<string>;
}

export class Sandbox {
  readonly directory = realpathSync(mkdtempSync(join(tmpdir(), 'waitbus-test-')));
  readonly work = join(this.directory, 'work');
  readonly paths: Paths;
  readonly env: NodeJS.ProcessEnv;
  /** Set to leave the directory behind, for whoever looks into what went wrong in it. */
  kept = false;
  readonly #running = new Set<Running>();

  constructor(env: NodeJS.ProcessEnv = {}) {
    mkdirSync(this.work);
    this.env = {
      PATH: process.env['PATH'],
      HOME: join(this.directory, 'home'),
      TMPDIR: this.directory,
      LANG: 'C.UTF-8',
      WAITBUS_STATE_DIR: join(this.directory, 'state'),
      WAITBUS_RUNTIME_DIR: join(this.directory, 'run'),
      WAITBUS_CONFIG_DIR: join(this.directory, 'config'),
      ...env,
    };
    mkdirSync(join(this.directory, 'home'));
    this.paths = resolvePaths({
      env: this.env,
      platform: process.platform,
      uid: process.getuid?.() ?? -1,
      home: join(this.directory, 'home'),
      tmp: this.directory,
    });
  }

  /** Starts the waitbus command. */
  waitbus(args: readonly string[], options: SpawnOptions = {}): Running {
    return this.start(process.execPath, [WAITBUS, ...args], options);
  }

  /** Runs the waitbus command to its end. */
  async run(args: readonly string[], input = ''): Promise<Ended> {
    const running = this.waitbus(args, { stdio: ['pipe', 'pipe', 'pipe'] });
    // It may end without having read its input.
    running.child.stdin?.on('error', () => undefined).end(input);
    return running.ended;
  }

  /** Starts a daemon in the foreground and resolves once it serves. */
  async daemon(): Promise<Running> {
    const running = this.waitbus(['daemon', '--log-level', 'debug']);
    await running.says(/"msg":"serving"/);
    return running;
  }

  start(program: string, args: readonly string[], options: SpawnOptions = {}): Running {
    const child = spawn(program, args, {
      cwd: this.work,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...options,
      env: { ...this.env, ...options.env },
    });
    const running = observe(child);
    this.#running.add(running);
    return running;
  }

  /** Ends all that was started, the daemon too, and removes the directories. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const { child } of this.#running) child.kill('SIGKILL');
    await Promise.all([...this.#running].map(({ ended }) => ended));
    await this.run(['stop']);
    killStrays(`WAITBUS_STATE_DIR=${this.paths.stateDir}`);
    if (this.kept) return;
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }
}

/**
 * Ends daemons that were being started by a command when that was killed: they do not answer yet, so
 * `stop` cannot reach them. Their environment tells whose they are. Linux only.
 */
function killStrays(mark: string): void {
  if (process.platform !== 'linux') return;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
      if (environment.includes(mark)) process.kill(Number(pid), 'SIGKILL');
    } catch {
      // Another user's, or gone meanwhile.
    }
  }
}

function observe(child: ChildProcess): Running {
  let stdout = '';
  let stderr = '';
  const listeners = new Set<() => void>();
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    for (const listener of listeners) listener();
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    for (const listener of listeners) listener();
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  const says = (what: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const check = () => {
        const match = what.exec(stdout) ?? what.exec(stderr);
        if (match === null) return;
        listeners.delete(check);
        resolve(match[0]);
      };
      listeners.add(check);
      void ended.then(() =>
        reject(new Error(`ended without saying ${what}:\n${stdout}\n${stderr}`)),
      );
      check();
    });
  return { child, ended, says };
}
