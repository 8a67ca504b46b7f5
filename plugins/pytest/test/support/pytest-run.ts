/** Runs the real pytest, with the plugin, on a suite written for one test. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Envelope } from './fake-daemon.js';

const PLUGIN_DIR = fileURLToPath(new URL('../../python', import.meta.url));
/** What \`waitbus source env pytest\` puts on PYTHONPATH. */
export const WHEEL = join(PLUGIN_DIR, 'waitbus_pytest_loader-1-py3-none-any.whl');
export const PYTHON = process.env['WAITBUS_TEST_PYTHON'] ?? 'python3';

/** The first interpreter that can import all of `modules`. */
export function pythonWith(...modules: string[]): string | undefined {
  return [PYTHON, '/usr/bin/python3'].find(
    (python) => spawnSync(python, ['-c', `import ${modules.join(', ')}`]).status === 0,
  );
}

/** One interpreter for each version of pytest that is here: `[what it is, its program]`. */
export function everyPython(): [string, string][] {
  const found = new Map<string, string>();
  for (const python of [PYTHON, '/usr/bin/python3']) {
    const asked = spawnSync(python, ['-c', 'import pytest; print(pytest.__version__)']);
    const version = asked.stdout?.toString().trim() ?? '';
    if (asked.status === 0 && !found.has(version)) found.set(version, python);
  }
  return [...found].map(([version, python]) => [`pytest ${version}`, python]);
}

const HAS_PYTEST = spawnSync(PYTHON, ['-c', 'import pytest']).status === 0;

export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

/** A directory of its own for one test: the suite, and where waitbus would keep its things. */
export class Workspace {
  readonly root = mkdtempSync(join(tmpdir(), 'wb-pytest-'));
  readonly suite = join(this.root, 'suite');
  readonly runtimeDir = join(this.root, 'run');
  readonly stateDir = join(this.root, 'state');
  #children: ChildProcess[] = [];

  constructor(t: TestContext, files: Readonly<Record<string, string>>) {
    if (!HAS_PYTEST)
      throw new Error(`${PYTHON} has no pytest; WAITBUS_TEST_PYTHON can name another`);
    mkdirSync(this.runtimeDir, { mode: 0o700 });
    for (const [name, text] of Object.entries({ 'pytest.ini': '[pytest]\n', ...files })) {
      this.write(name, text);
    }
    t.after(() => {
      for (const child of this.#children) child.kill('SIGKILL');
      rmSync(this.root, { recursive: true, force: true });
    });
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(join(this.suite, name)), { recursive: true });
    writeFileSync(join(this.suite, name), text);
  }

  /** A fifo that a test of the suite waits on by reading it; writing to it lets the test go on. */
  gate(name: string): string {
    const path = join(this.root, name);
    spawnSync('mkfifo', [path]);
    return path;
  }

  start(args: readonly string[] = [], options: RunOptions = {}): PytestRun {
    const { python = PYTHON, plugin = ['-p', 'waitbus_pytest'], isolated = [], script } = options;
    const what = script === undefined ? ['-m', 'pytest', '-p', 'no:cacheprovider'] : [script];
    const child = spawn(python, [...isolated, ...what, ...plugin, ...args], {
      cwd: this.suite,
      env: this.env(options.env),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#children.push(child);
    return new PytestRun(child);
  }

  async run(args: readonly string[] = [], options: RunOptions = {}): Promise<Outcome> {
    return this.start(args, options).closed;
  }

  env(extra: Readonly<Record<string, string | undefined>> = {}): NodeJS.ProcessEnv {
    const env = { ...process.env };
    for (const name of Object.keys(env)) if (/^(PYTEST|WAITBUS)_/.test(name)) delete env[name];
    return {
      ...env,
      PYTHONPATH: WHEEL,
      PYTHONDONTWRITEBYTECODE: '1',
      PYTEST_DISABLE_PLUGIN_AUTOLOAD: '1', // whatever else the interpreter has installed
      WAITBUS_RUNTIME_DIR: this.runtimeDir,
      WAITBUS_STATE_DIR: this.stateDir,
      ...extra,
    };
  }

  /** The spooled events in the order of their files, and the modes of those files. */
  spooled(): { events: Envelope[]; names: string[]; modes: number[] } {
    const directory = join(this.stateDir, 'spool');
    let names: string[] = [];
    try {
      names = readdirSync(directory).sort();
    } catch {
      // nothing was ever spooled
    }
    const lines = names.flatMap((name) =>
      readFileSync(join(directory, name), 'utf8').trimEnd().split('\n'),
    );
    return {
      events: lines.map((line) => JSON.parse(line) as Envelope),
      names,
      modes: [directory, ...names.map((name) => join(directory, name))]
        .slice(0, names.length && names.length + 1)
        .map((path) => statSync(path).mode & 0o777),
    };
  }
}

export interface RunOptions {
  readonly python?: string;
  /** Undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Options of the interpreter itself. */
  readonly isolated?: readonly string[];
  /** How the plugin is loaded; `[]` for a run without it. */
  readonly plugin?: readonly string[];
  /** A Python file of the suite to run in place of pytest. */
  readonly script?: string;
}

export class PytestRun {
  /** The process has ended; what it forked may still hold its output. */
  readonly exited: Promise<unknown>;
  readonly closed: Promise<Outcome>;

  constructor(readonly child: ChildProcess) {
    let output = '';
    child.stdout?.on('data', (data: Buffer) => (output += data.toString()));
    child.stderr?.on('data', (data: Buffer) => (output += data.toString()));
    this.exited = once(child, 'exit');
    this.closed = once(child, 'close').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
      output,
    }));
  }
}

export const isTest = (event: Envelope): boolean => event.event_type === 'pytest_test';
export const isSession = (event: Envelope): boolean => event.event_type === 'pytest_session';
