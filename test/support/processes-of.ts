/** Processes that nobody here has as a child, found by what Linux tells of processes. */
import { readdirSync, readFileSync } from 'node:fs';
import { spawn } from 'node:child_process';

/** Those that name this directory in their command line, and all that they started. */
export function processesOf(directory: string): number[] {
  const all = processes();
  const named = all.filter(
    ({ pid, command }) => pid !== process.pid && command.includes(directory),
  );
  return withStarted(all, new Set(named.map(({ pid }) => pid)));
}

/** All that a process started, and what those started. */
export function startedBy(pid: number): number[] {
  return withStarted(processes(), new Set([pid])).filter((one) => one !== pid);
}

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

function processes(): Process[] {
  const found: Process[] = [];
  for (const pid of readdirSync('/proc').map(Number).filter(Number.isInteger)) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // The name of the program, in parentheses, may hold anything.
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      found.push({ pid, parent, command });
    } catch {
      // Gone meanwhile.
    }
  }
  return found;
}

function withStarted(all: readonly Process[], found: Set<number>): number[] {
  for (let before = -1; before !== found.size;) {
    before = found.size;
    for (const { pid, parent } of all) if (found.has(parent)) found.add(pid);
  }
  return [...found];
}

/** Resolves once a process that is no child of ours is gone. */
export function waitForExit(pid: number): Promise<void> {
  const tail = spawn('tail', [`--pid=${pid}`, '-s', '0.05', '-f', '/dev/null']);
  return new Promise((resolve, reject) => {
    tail.once('error', reject).once('exit', () => resolve());
  });
}
