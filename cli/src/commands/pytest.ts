/** `waitbus pytest -- args`: runs pytest with the plugin of the pytest source. */
import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants as fsConstants } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import { DaemonConnection } from '../client/connection.js';
import { reach } from '../client/reach.js';
import { EXIT, say } from '../terminal/exit.js';
import { asPlainError } from '../system-error.js';
import { shellEnvironment } from '../sources/shell-env.js';

export async function run(args: readonly string[]): Promise<number> {
  const own = args[0] === '--' ? args.slice(1) : args;
  const env = { ...process.env, ...(await shellEnvironment('pytest', process.env)) };
  const [program, ...leading] = findPytest(process.env);
  if (program === 'python3' && spawnSync('python3', ['-c', 'import pytest']).status !== 0) {
    say('waitbus pytest: there is no pytest on PATH, and none in python3');
    say('  python3 -m pip install pytest');
    return EXIT.usage;
  }
  await wakeDaemon();
  const child = spawn(program, [...leading, ...own], { stdio: 'inherit', env });
  // Ctrl-C reaches pytest through the terminal; this process waits for what pytest makes of it.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve) => {
    child.once('error', (error) => {
      say(`waitbus pytest: ${program} could not be run: ${error.message}`);
      resolve(EXIT.usage);
    });
    child.once('exit', (code, signal) => {
      resolve(signal === null ? (code ?? 0) : 128 + constants.signals[signal]);
    });
  });
}

/** The pytest on PATH, as a virtual environment puts it there; else Python's module. */
function findPytest(env: NodeJS.ProcessEnv): [string, ...string[]] {
  return onPath('pytest', env) ? ['pytest'] : ['python3', '-m', 'pytest'];
}

function onPath(program: string, env: NodeJS.ProcessEnv): boolean {
  return (env['PATH'] ?? '').split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, program), fsConstants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Without a daemon the plugin spools; a test run never fails for want of one. */
async function wakeDaemon(): Promise<void> {
  try {
    (await reach((socket) => DaemonConnection.open(socket), {})).close();
  } catch (error) {
    say(`waitbus pytest: ${asPlainError(error).message}; events are spooled`);
  }
}
