/**
 * How long a hook that waits while its session is idle goes on: until a newer one of the same session
 * takes its place, or the harness that started it is gone, even by SIGKILL.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const LOOK_EVERY_MS = 2000;

/** Removed by the next start of the machine, with the directory. */
export function idleFile(runtimeDir: string, name: string): string {
  return join(runtimeDir, 'idle', name.replace(':', '-'));
}

export interface IdleTurn {
  /** Aborted when it is over. */
  readonly signal: AbortSignal;
  end(): void;
}

/** @throws when the file cannot be written */
export function beginIdle(file: string, everyMs = LOOK_EVERY_MS): IdleTurn {
  const controller = new AbortController();
  const mine = String(process.pid);
  const starters = startersOf(process.ppid);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, mine, { mode: 0o600 });
  const look = setInterval(() => {
    const isAlone = process.ppid !== starters[0] || !starters.every(isAlive);
    if (isAlone || read(file) !== mine) controller.abort();
  }, everyMs);
  look.unref();
  return {
    signal: controller.signal,
    end: () => {
      clearInterval(look);
      if (read(file) === mine) rmSync(file, { force: true });
    },
  };
}

/**
 * Who started us and, where that is a shell between us and the harness, which outlives it, who started
 * the shell. Where the system does not tell, the first alone.
 */
function startersOf(parent: number): number[] {
  const stat = read(`/proc/${parent}/stat`);
  const [, name = '', rest = ''] = /^\d+ \((.*)\) \S (\d+)/s.exec(stat) ?? [];
  const above = Number(rest);
  return /^(ba|da|z|k)?sh$/.test(name) && above > 1 ? [parent, above] : [parent];
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
