/**
 * How long a hook that waits while its session is idle goes on: until a newer one of the same session
 * takes its place, or the harness that started it is gone, even by SIGKILL.
 */
import { closeSync, constants, ftruncateSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openOwnFile, ownDirectory, readOwnFile } from '@waitbus/kernel/own-places';

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

/** @throws when the file cannot be written, or it or its directories are not the user's alone */
export function beginIdle(file: string, everyMs = LOOK_EVERY_MS): IdleTurn {
  const controller = new AbortController();
  const mine = String(process.pid);
  const starters = startersOf(process.ppid);
  write(file, mine);
  const look = setInterval(() => {
    const isAlone = process.ppid !== starters[0] || !starters.every(isAlive);
    if (isAlone || readOwnFile(file) !== mine) controller.abort();
  }, everyMs);
  look.unref();
  return {
    signal: controller.signal,
    end: () => {
      clearInterval(look);
      if (readOwnFile(file) === mine) rmSync(file, { force: true });
    },
  };
}

function write(file: string, text: string): void {
  const directory = dirname(file);
  for (const each of [dirname(directory), directory]) ownDirectory(each, 'WAITBUS_RUNTIME_DIR');
  const fd = openOwnFile(file, constants.O_CREAT | constants.O_WRONLY);
  try {
    ftruncateSync(fd);
    writeSync(fd, text);
  } finally {
    closeSync(fd);
  }
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
