/**
 * The program that imports a source's entry module and tells, on descriptor 3, what that did beside
 * defining the source. It does nothing itself that could be taken for the module's doing.
 */
import { createHook } from 'node:async_hooks';
import { writeSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

export interface ProbeReport {
  readonly threw: string | null;
  /** Variables that were set, changed or removed. */
  readonly env: readonly string[];
  /** Other state of the process that was changed. */
  readonly changed: readonly string[];
  /** What was opened or scheduled, even for a moment, for people. */
  readonly opened: readonly string[];
}

/** Resources of Node by the names that async_hooks gives them. Reading modules needs none of these. */
const TELLING: Readonly<Record<string, string>> = {
  Timeout: 'a timer',
  TCPSERVERWRAP: 'a listening socket',
  PIPESERVERWRAP: 'a listening socket',
  TCPWRAP: 'a socket',
  PIPEWRAP: 'a pipe',
  UDPWRAP: 'a UDP socket',
  GETADDRINFOREQWRAP: 'a name lookup',
  QUERYWRAP: 'a name lookup',
  PROCESSWRAP: 'a process',
  WORKER: 'a worker',
  FSEVENTWRAP: 'a file watcher',
  STATWATCHER: 'a file watcher',
  SIGNALWRAP: 'a signal handler',
};

const [entry = ''] = process.argv.slice(2);
const opened = new Set<string>();
const hook = createHook({
  init: (_id, type) => {
    const name = TELLING[type];
    if (name !== undefined) opened.add(name);
  },
});
const env = { ...process.env };
const state = stateOfProcess();
let threw: string | null = null;
hook.enable();
try {
  await import(pathToFileURL(entry).href);
  // What the module put off to the next turn is its doing as well.
  await new Promise((resolve) => setImmediate(resolve));
} catch (error) {
  threw = error instanceof Error ? error.message : String(error);
}
hook.disable();
const report: ProbeReport = {
  threw,
  env: differences(env, process.env),
  changed: differences(state, stateOfProcess()),
  opened: [...opened].sort(),
};
writeSync(3, JSON.stringify(report));

function stateOfProcess(): Record<string, string> {
  const listeners = process
    .eventNames()
    .map((name): [string, string] => [
      `the listeners of process ${String(name)}`,
      String(process.listenerCount(name)),
    ]);
  return {
    ...Object.fromEntries(listeners),
    'the working directory': process.cwd(),
    'the umask': String(process.umask()),
    'the title of the process': process.title,
    'process.exitCode': String(process.exitCode),
  };
}

function differences(
  before: Readonly<Record<string, string | undefined>>,
  after: Readonly<Record<string, string | undefined>>,
): string[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].filter((key) => before[key] !== after[key]).sort();
}
