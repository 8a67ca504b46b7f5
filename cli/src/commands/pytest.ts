/** `waitbus pytest -- args`: runs pytest with the plugin of the pytest source. */
import { spawnSync } from 'node:child_process';
import type { Envelope } from '@waitbus/plugin-sdk/envelope';
import { DaemonConnection } from '../client/connection.js';
import { emit } from '../client/emit.js';
import { reach } from '../client/reach.js';
import { bareSession, Handover } from '../pytest/handover.js';
import { findPytest, probe, type Program } from '../pytest/program.js';
import { runCommand, Signals } from '../run/command.js';
import { shellEnvironment } from '../sources/shell-env.js';
import { asPlainError } from '../system-error.js';
import { EXIT, say } from '../terminal/exit.js';
import { workingDirectoryOrNull } from '../working-directory.js';

const PROBE_MS = 10_000;

/** They run no tests, so there is no end of a run to be told. */
const LISTS =
  /^(?:-h|--help|-V|--version|--co|--collect-only|--markers|--fixtures.*|--setup-plan)$/;

export async function run(args: readonly string[]): Promise<number> {
  const own = args[0] === '--' ? args.slice(1) : args;
  const env = { ...process.env, ...(await shellEnvironment('pytest', process.env)) };
  const program = findPytest(process.env);
  if (program[0] === 'python3' && spawnSync('python3', ['-c', 'import pytest']).status !== 0) {
    say('waitbus pytest: there is no pytest on PATH, and none in python3');
    say('  python3 -m pip install pytest');
    return EXIT.usage;
  }
  await wakeDaemon();
  const plugin = await namedPlugin(program, env);
  const handover = new Handover();
  const signals = new Signals();
  const end = await runCommand(
    [...program, ...plugin, ...own],
    { ...env, WAITBUS_PYTEST_HANDOVER: handover.path },
    signals,
  );
  const told = handover.take();
  if (end.error !== null) {
    say(`waitbus pytest: ${program[0]} could not be run: ${end.error.message}`);
    return EXIT.usage;
  }
  if (told === 'told' || own.some((arg) => LISTS.test(arg))) return end.exitCode;
  // One that had begun and did not end in order has told nothing, or only left its will.
  if (told === 'begun' || end.exitCode !== 0) {
    await tell(bareSession(handover.runId, workingDirectoryOrNull(), end, signals.received));
  } else {
    say('waitbus pytest: this pytest did not load the plugin; nothing of the run was told');
    say('  eval "$(waitbus source env pytest)"; waitbus source check pytest');
  }
  return end.exitCode;
}

/** Named, it is loaded where nothing is by itself; but only if it can be, lest pytest fails for it. */
async function namedPlugin(program: Program, env: NodeJS.ProcessEnv): Promise<readonly string[]> {
  if ((env['PYTEST_DISABLE_PLUGIN_AUTOLOAD'] ?? '') === '') return [];
  const named = ['-p', 'waitbus_pytest'];
  const { loaded } = await probe(program, named, { env, timeoutMs: PROBE_MS });
  return loaded === null ? [] : named;
}

async function tell(event: Envelope): Promise<void> {
  try {
    await emit(event);
  } catch (error) {
    say(`waitbus pytest: the end of the run could not be told: ${asPlainError(error).message}`);
  }
}

/** Without a daemon the plugin spools; a test run never fails for want of one. */
async function wakeDaemon(): Promise<void> {
  try {
    (await reach((socket) => DaemonConnection.open(socket), {})).close();
  } catch (error) {
    say(`waitbus pytest: ${asPlainError(error).message}; events are spooled`);
  }
}
