/** Which pytest a person means, and whether it would load the plugin of the pytest source. */
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

export type Program = readonly [string, ...string[]];

export interface Probe {
  readonly program: Program;
  /** The interpreter, its version and pytest's, if the plugin was loaded. */
  readonly loaded: {
    readonly executable: string;
    readonly python: string;
    readonly pytest: string;
  } | null;
  /** Null when it was killed, or never ran. */
  readonly code: number | null;
  readonly output: string;
}

const MODULE: Program = ['python3', '-m', 'pytest'];

/** The pytest on PATH, as a virtual environment puts it there; else Python's module. */
export function findPytest(env: NodeJS.ProcessEnv): Program {
  return onPath('pytest', env) ? ['pytest'] : MODULE;
}

/** Every pytest that somebody may start in this shell. */
export function everyPytest(env: NodeJS.ProcessEnv): readonly Program[] {
  return onPath('pytest', env) ? [['pytest'], MODULE] : [MODULE];
}

function onPath(program: string, env: NodeJS.ProcessEnv): boolean {
  return (env['PATH'] ?? '').split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

export interface ProbeOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly timeoutMs: number;
  /** Whose pytest configuration counts, and whose modules Python imports first. Default: here. */
  readonly cwd?: string;
}

/**
 * Starts pytest only to see whether it loads the plugin: it reads its configuration, but no conftest,
 * and runs no test.
 */
export function probe(
  program: Program,
  args: readonly string[],
  { env, timeoutMs, cwd }: ProbeOptions,
): Promise<Probe> {
  const [command, ...leading] = program;
  return new Promise((resolve) => {
    let output = '';
    // The plugin answers before pytest tells its version, which it tells in any case.
    const child = spawn(command, [...leading, ...args, '--noconftest', '--version', '--version'], {
      env: { ...env, WAITBUS_PYTEST_PROBE: '1' },
      ...(cwd === undefined ? {} : { cwd }),
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
    const take = (data: Buffer): void => {
      if (output.length < 64 * 1024) output += data.toString();
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.once('error', (error) => {
      resolve({ program, loaded: null, code: null, output: error.message });
    });
    child.once('close', (code) => {
      const told = /^waitbus_pytest loaded\t(.*)\t(.*)\t(.*)$/m.exec(output);
      const [, executable = '', python = '', pytest = ''] = told ?? [];
      const loaded = told === null ? null : { executable, python, pytest };
      resolve({ program, loaded, code, output });
    });
  });
}
