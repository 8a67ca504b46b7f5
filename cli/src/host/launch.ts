/**
 * How Node is started for a source, so that the operating system holds it to what Node does not: on
 * Linux setpriv(1) has it end with the daemon (PR_SET_PDEATHSIG), even if its loop is held, prlimit(1)
 * caps its memory outside V8's heap, and the launcher of its confinement restricts it. Each becomes
 * the next program, so the process is one.
 */
import { programOnPath } from './programs.js';

export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
}

/** Old objects of V8, in MiB. */
export const HEAP_CAP_MIB = 256;
/**
 * Private writable memory: heap, buffers and thread stacks together. When it starts, Node 20 has some
 * 25 MiB of it, Node 24 some 550.
 */
export const DATA_CAP_BYTES = 1024 ** 3;

/** @param env where the programs are looked for */
export function launcher(
  env: NodeJS.ProcessEnv,
  execPath: string,
  platform: NodeJS.Platform = process.platform,
): (nodeArgs: readonly string[], confining: readonly string[]) => Launch {
  const path = env['PATH'] ?? '';
  const wrappers =
    platform === 'linux'
      ? [
          wrapper('setpriv', ['--pdeathsig', 'KILL'], path),
          wrapper('prlimit', [`--data=${DATA_CAP_BYTES}`, '--core=0'], path),
        ]
      : [];
  return (nodeArgs, confining) => {
    const [command = execPath, ...args] = [
      ...wrappers.flat(),
      ...confining,
      execPath,
      `--max-old-space-size=${HEAP_CAP_MIB}`,
      // One thread of V8's own: more would let a source collect garbage on every core.
      '--v8-pool-size=1',
      ...nodeArgs,
    ];
    return { command, args };
  };
}

function wrapper(name: string, args: readonly string[], path: string): readonly string[] {
  const program = programOnPath(name, path);
  return program === null ? [] : [program, ...args];
}
