/**
 * The processes of a run: a daemon of its own, the agents, and the guardian that ends all of them
 * when the run is over, however it ended. Owns the temporary directory.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import {
  closeSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { findInstallation } from '../installation.js';
import { resolvePaths, type Paths } from '../paths.js';
import { ourPlace, type Family } from './families.js';
import { partToEnv, type Part } from './swarm.js';

/** An agent's process, or that of the `waitbus run` around it. */
export interface Actor {
  readonly part: Part;
  readonly family: Family;
  readonly child: ChildProcess;
  /** Its exit code; null when a signal ended it. */
  readonly ended: Promise<number | null>;
  readonly hasEnded: () => boolean;
}

const MARK = 'WAITBUS_SWARM_MARK';

export class Troupe {
  readonly directory = realpathSync(mkdtempSync(join(tmpdir(), 'waitbus-swarm-')));
  readonly work = join(this.directory, 'work');
  readonly env: NodeJS.ProcessEnv;
  readonly paths: Paths;
  readonly #guardian: ChildProcess;
  readonly #place = ourPlace();
  #closed: Promise<void> | null = null;

  constructor() {
    for (const name of ['work', 'journals', 'logs']) mkdirSync(join(this.directory, name));
    this.env = {
      ...process.env,
      WAITBUS_STATE_DIR: join(this.directory, 'state'),
      WAITBUS_RUNTIME_DIR: join(this.directory, 'run'),
      WAITBUS_CONFIG_DIR: join(this.directory, 'config'),
      // Who finds no daemon has lost the run's.
      WAITBUS_NO_AUTOSTART: '1',
      [MARK]: this.directory,
    };
    delete this.env['WAITBUS_LOCKFILE'];
    delete this.env['WAITBUS_AGENT_NAME'];
    this.paths = resolvePaths({
      env: this.env,
      platform: process.platform,
      uid: process.getuid?.() ?? -1,
      home: this.directory,
      tmp: this.directory,
    });
    const guardian = join(findInstallation().packageRoot, 'dist', 'stress', 'guardian.js');
    // In a session of its own: the terminal's signals are not for it.
    this.#guardian = spawn(process.execPath, [guardian], {
      detached: true,
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    // Without one, a run that is killed leaves its agents behind; it goes on all the same.
    this.#guardian.on('error', () => undefined);
    this.#guardian.stdin?.on('error', () => undefined);
    this.#tell('mark', `${MARK}=${this.directory}`);
    this.#tell('remove', this.directory);
  }

  /** Starts the daemon and resolves once it serves. */
  async openHouse(): Promise<void> {
    const log = this.#log('daemon');
    const child = this.#spawn(
      process.execPath,
      [this.#place.waitbus, 'daemon', '--ready-fd', '3'],
      { ...this.env },
      ['ignore', log, log, 'pipe'],
    );
    closeSync(log);
    const ready = child.stdio[3] as Readable;
    const said = await new Promise<string>((resolve) => {
      let text = '';
      ready.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        if (text.includes('\n')) resolve(text);
      });
      ready.once('close', () => resolve(text));
    });
    if (!said.startsWith('ready')) throw new Error(`the daemon of the run did not start: ${said}`);
  }

  /** Starts an agent. */
  enter(family: Family, part: Part): Actor {
    const log = this.#log(part.name);
    const own = [family.program, ...family.args];
    const { waitbus } = this.#place;
    const [program = '', ...args] = family.wrapped
      ? [process.execPath, waitbus, 'run', '--name', part.name, '--', ...own]
      : own;
    const env = { ...this.env, ...family.env, ...partToEnv(part) };
    const child = this.#spawn(program, args, env, ['pipe', log, log]);
    closeSync(log);
    let over = false;
    const ended = new Promise<number | null>((resolve) => {
      const end = (code: number | null) => {
        over = true;
        resolve(code);
      };
      child.once('error', () => end(null));
      child.once('exit', (code) => end(code));
    });
    return { part, family, child, ended, hasEnded: () => over };
  }

  journalOf(name: string): string {
    return join(this.directory, 'journals', `${name}.ndjson`);
  }

  /** The last words of an agent's output, for whoever looks into what went wrong. */
  lastWords(name: string): string {
    try {
      return readFileSync(join(this.directory, 'logs', `${name}.log`), 'utf8')
        .trim()
        .slice(-600);
    } catch {
      return '';
    }
  }

  /** Copies the journals and logs to where a person may look into them. */
  keepJournals(directory: string): void {
    for (const name of ['journals', 'logs']) {
      cpSync(join(this.directory, name), join(directory, name), { recursive: true });
    }
  }

  /** Ends every process and removes the directory; also of a run that is under way. */
  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      this.#guardian.once('exit', () => resolve());
      this.#guardian.once('error', () => resolve());
      if (this.#guardian.exitCode !== null) resolve();
      this.#guardian.stdin?.end();
    });
    return this.#closed;
  }

  #log(name: string): number {
    return openSync(join(this.directory, 'logs', `${name}.log`), 'a', 0o600);
  }

  /** In a process group of its own, which the guardian is told. */
  #spawn(
    program: string,
    args: readonly string[],
    env: NodeJS.ProcessEnv,
    stdio: ('pipe' | 'ignore' | number)[],
  ): ChildProcess {
    const child = spawn(program, args, { cwd: this.work, env, stdio, detached: true });
    const { pid } = child;
    if (pid !== undefined) {
      this.#tell('group', String(pid));
      child.once('exit', () => {
        // What it leaves behind in its group.
        endGroup(pid);
        this.#tell('gone', String(pid));
      });
    }
    return child;
  }

  #tell(what: string, value: string): void {
    this.#guardian.stdin?.write(`${what} ${value}\n`);
  }
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // There is nobody in it any more.
  }
}
