/** The processes of a container engine that outlive it, found by what Linux tells of processes. */
import { readdirSync, readFileSync } from 'node:fs';
import { spawn } from 'node:child_process';

/** Those that name this directory in their command line, and all that they started. */
export function processesOf(directory: string): number[] {
  const parents = new Map<number, number>();
  const found = new Set<number>();
  for (const pid of readdirSync('/proc').map(Number).filter(Number.isInteger)) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // The name of the program, in parentheses, may hold anything.
      parents.set(pid, Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
      if (pid !== process.pid && command.includes(directory)) found.add(pid);
    } catch {
      // Gone meanwhile.
    }
  }
  for (let before = -1; before !== found.size;) {
    before = found.size;
    for (const [pid, parent] of parents) if (found.has(parent)) found.add(pid);
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
