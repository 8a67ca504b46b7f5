/**
 * The stage of the demo: a temporary directory with a daemon of its own, the programs run on it, and
 * what the person sees. The acts themselves are in `acts.ts`.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findInstallation } from '../installation.js';
import { Narrator } from './narrator.js';

export interface Ended {
  readonly code: number | null;
  /** When it ended, on the clock that all processes of the machine share, in nanoseconds. */
  readonly at: bigint;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Program {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

export class Stage extends Narrator {
  readonly work: string;
  readonly env: NodeJS.ProcessEnv;
  readonly #directory: string;
  readonly #waitbus: string;
  readonly #running = new Set<ChildProcess>();

  constructor() {
    super();
    this.#directory = realpathSync(mkdtempSync(join(tmpdir(), 'waitbus-demo-')));
    this.#waitbus = join(findInstallation().packageRoot, 'dist', 'bin', 'waitbus.js');
    this.work = join(this.#directory, 'work');
    mkdirSync(this.work);
    this.env = {
      ...process.env,
      WAITBUS_STATE_DIR: join(this.#directory, 'state'),
      WAITBUS_RUNTIME_DIR: join(this.#directory, 'run'),
      WAITBUS_CONFIG_DIR: join(this.#directory, 'config'),
      PYTHONDONTWRITEBYTECODE: '1',
    };
    delete this.env['WAITBUS_NO_AUTOSTART'];
  }

  /** Starts a program on the stage. */
  start(program: string, args: readonly string[]): Program {
    const child = spawn(program, args, {
      cwd: this.work,
      env: this.env,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    this.#running.add(child);
    let stdout = '';
    let stderr = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const ended = new Promise<Ended>((resolve) => {
      const end = (code: number | null) =>
        resolve({ code, at: process.hrtime.bigint(), stdout, stderr });
      child.once('error', (error) => {
        stderr += error.message;
        end(null);
      });
      child.once('exit', (code) => end(code));
    });
    return { child, ended };
  }

  waitbus(args: readonly string[]): Program {
    return this.start(process.execPath, [this.#waitbus, ...args]);
  }

  /** Starts a wait and resolves once nothing can be missed any more. */
  async armedWait(args: readonly string[]): Promise<Program> {
    const wait = this.waitbus(['wait', ...args, '--ready-fd', '3']);
    await Promise.race([firstOutput(wait.child), wait.ended]);
    return wait;
  }

  async close(): Promise<void> {
    for (const child of this.#running) child.kill('SIGKILL');
    await this.waitbus(['stop']).ended;
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** Resolves when a program has written to its descriptor 3. */
export function firstOutput(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => child.stdio[3]?.once('data', () => resolve()));
}
