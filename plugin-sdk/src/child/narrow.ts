/**
 * Takes from the runner's own process, before a source is read, what Node's permission model leaves
 * open: signals to others, V8's flags, reports, the doors behind Node's modules. What the kernel holds
 * is not here, nor what a flag of Node closes (`permissions/`).
 */
import module from 'node:module';
import os from 'node:os';
import v8 from 'node:v8';

/** What these do is refused by Node's permission model as well, or has no public name. */
const BEHIND_MODULES = ['binding', '_linkedBinding', '_debugProcess', '_debugEnd', 'execve'];

/** Once for the life of the process. */
export function narrowProcess(): void {
  const { pid } = process;
  // The second is what the first calls.
  for (const name of ['kill', '_kill'] as const) {
    const signal = (process as unknown as Record<typeof name, typeof process.kill>)[name];
    put(process, name, (to: number, what?: string | number) => {
      if (to !== pid) throw denied('a source signals no other process');
      return signal.call(process, to, what);
    });
  }
  for (const name of BEHIND_MODULES) put(process, name, refusal(`process.${name}`));
  // A report is a file, wherever it is told to be; packages ask it for the C library's version.
  const { report } = process;
  put(process, 'report', Object.freeze({ getReport: () => report?.getReport() }));
  for (const name of ['setFlagsFromString', 'setHeapSnapshotNearHeapLimit']) {
    put(v8, name, refusal(`v8.${name}`));
  }
  const setPriority = os.setPriority.bind(os);
  put(os, 'setPriority', (...args: [number, number?]) => {
    const [to, priority = to] = args.length === 1 ? [0, args[0]] : args;
    if (to !== 0 && to !== pid) throw denied('a source sets no priority of another process');
    setPriority(to, priority);
  });
  // `import { setPriority }` of a built-in module is a copy.
  module.syncBuiltinESMExports();
  // Node starts an inspector on this signal unless somebody listens to it.
  process.on('SIGUSR1', () => undefined);
}

function put(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, writable: false, configurable: false });
}

function refusal(what: string): () => never {
  return () => {
    throw denied(`a source has no ${what}`);
  };
}

/** As Node's permission model answers. */
function denied(message: string): Error {
  return Object.assign(new Error(message), { code: 'ERR_ACCESS_DENIED' });
}
