/**
 * Which processes are a source's: those that were forked for one, and what these started. Linux; where
 * there is no /proc, those that were forked alone.
 */
import { readFileSync } from 'node:fs';
import type { ForkSource } from './child.js';

/**
 * A connection that a process made before it ended is accepted within this time, in milliseconds.
 * Its number is not given to another process so soon.
 */
const REMEMBERED_MS = 10_000;
/** No chain of parents is longer, unless it changes while it is read. */
const MAX_PARENTS = 64;

export class SourceProcesses {
  readonly #pids = new Set<number>();

  /** The same, remembering what it forks. */
  remembering(fork: ForkSource): ForkSource {
    return (source, stateDir, events) => {
      const onExit = (how: string) => {
        setTimeout(() => this.#pids.delete(child.pid ?? 0), REMEMBERED_MS).unref();
        events.onExit(how);
      };
      const child = fork(source, stateDir, { ...events, onExit });
      if (child.pid !== undefined) this.#pids.add(child.pid);
      return child;
    };
  }

  /** What a source left behind when it ended has another parent, and is not told from others. */
  has(pid: number): boolean {
    if (this.#pids.size === 0) return false;
    let at: number | null = pid;
    for (let steps = 0; at !== null && steps < MAX_PARENTS; steps += 1) {
      if (this.#pids.has(at)) return true;
      at = parentOf(at);
    }
    return false;
  }
}

/** null where the system does not tell, and for the first process. */
function parentOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in brackets, may hold brackets itself.
    const parent = Number(/^.*\) \S (\d+)/s.exec(stat)?.[1] ?? 0);
    return parent > 1 ? parent : null;
  } catch {
    return null;
  }
}
