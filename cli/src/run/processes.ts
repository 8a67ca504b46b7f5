/** The processes of this machine, as far as it takes to tell which of them a command has started. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  /** Its process group. */
  readonly group: number;
  /** Its session; 0 where the system does not tell. */
  readonly session: number;
  /** It has ended, and its parent has not looked yet. */
  readonly ended: boolean;
}

/** @returns those that run; what ends meanwhile may be among them */
export function listProcesses(): readonly ProcessEntry[] {
  return process.platform === 'linux' ? fromProc() : fromPs();
}

/** Whether a process was started with this in its environment. Always false where none can tell. */
export function hasInEnvironment(pid: number, entry: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(entry);
  } catch {
    return false;
  }
}

function fromProc(): ProcessEntry[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
      // Behind the name in parentheses, which may hold anything: state, parent, group, session.
      const [state = '', ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ', 4);
      const [parent = 0, group = 0, session = 0] = rest.map(Number);
      return [{ pid: Number(pid), parent, group, session, ended: /[ZX]/.test(state) }];
    } catch {
      // It has ended.
      return [];
    }
  });
}

function fromPs(): ProcessEntry[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,pgid=,stat='], { encoding: 'utf8' });
  return (stdout ?? '').split('\n').flatMap((line) => {
    const [pid, parent, group, state = ''] = line.trim().split(/\s+/);
    if (!pid) return [];
    const ended = state.startsWith('Z');
    return [{ pid: Number(pid), parent: Number(parent), group: Number(group), session: 0, ended }];
  });
}
