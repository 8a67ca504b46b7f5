/**
 * All that a command has started, to be ended with it.
 *
 * The command is not given a process group or a session of its own, by which the system could end it
 * at once. In a session of its own (Node's `detached`) it would have no terminal: Ctrl-C and Ctrl-Z
 * would not reach it, `ssh` and `sudo` could not ask for a password, and whoever kills our group, as
 * harnesses and CI runners do, would leave it behind. In a group of its own it would be in the
 * background of its terminal, and stopped when it reads. And our own group cannot be signalled: a
 * script that runs us is in it. So what belongs to the command is looked up when it is to end: its
 * descendants, and, since an orphan has another parent, whatever carries its mark in the environment.
 * What went into a session of its own, as daemons do, did so to outlive the command.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { uniqueKey } from '../spool/unique-key.js';
import { hasInEnvironment, listProcesses, type ProcessEntry } from './processes.js';

const MARK = 'WAITBUS_COMMAND_ID';
/** Strangers' ends are no events to us. */
const LOOK_AGAIN_MS = 20;

export class ProcessTree {
  readonly #mark = uniqueKey();
  readonly #known = new Set<number>();
  #root: number | null = null;

  /** What marks the command's processes. */
  get environment(): Readonly<Record<string, string>> {
    return { [MARK]: this.#mark };
  }

  started(pid: number): void {
    this.#root = pid;
  }

  /** The command itself has ended: its pid may be another's by now. */
  rootEnded(): void {
    this.#root = null;
  }

  /** Asks all of them to end; kills those that have not after a time. Resolves when none is left. */
  async end(graceMs: number): Promise<void> {
    this.#signal('SIGTERM');
    const enough = AbortSignal.timeout(graceMs);
    while (this.#members().length > 0 && !enough.aborted) await pause(LOOK_AGAIN_MS);
    // One that is killed may just have started another; one that waits for a disk does not end.
    const atLast = AbortSignal.timeout(graceMs);
    while (this.#signal('SIGKILL') > 0 && !atLast.aborted) await pause(LOOK_AGAIN_MS);
  }

  /** @returns how many there were */
  #signal(signal: NodeJS.Signals): number {
    const members = this.#members();
    for (const pid of members) {
      try {
        process.kill(pid, signal);
        // One that is stopped, as by Ctrl-Z, hears nothing else.
        if (signal === 'SIGTERM') process.kill(pid, 'SIGCONT');
      } catch {
        // It has just ended, or is another user's.
      }
    }
    return members.length;
  }

  #members(): readonly number[] {
    const mark = `${MARK}=${this.#mark}`;
    // What was the command's a moment ago still is, though its parent has ended meanwhile.
    const isOurs = (pid: number) => this.#known.has(pid) || hasInEnvironment(pid, mark);
    const members = membersOf(listProcesses(), this.#root, process.pid, isOurs);
    for (const pid of members) this.#known.add(pid);
    return members.filter(mayBeSignalled);
  }
}

/** What another user runs, by sudo say, ends when it is told by who started it, or not at all. */
function mayBeSignalled(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/**
 * @param root the command's pid, while it runs
 * @param self ours: the command's processes are in our session
 * @param isMarked whether one that is nobody's descendant any more is the command's; asked of few
 */
export function membersOf(
  processes: readonly ProcessEntry[],
  root: number | null,
  self: number,
  isMarked: (pid: number) => boolean,
): number[] {
  const byPid = new Map(processes.map((one) => [one.pid, one]));
  const own = byPid.get(self);
  const descends = (pid: number): boolean => {
    // Bounded: a pid that was given anew in between could close a circle.
    let at: number | undefined = pid;
    for (let steps = 0; at !== undefined && at > 1 && steps <= processes.length; steps += 1) {
      if (at === root) return true;
      if (at === self) return false;
      at = byPid.get(at)?.parent;
    }
    return false;
  };
  return processes
    .filter(({ pid, session, ended }) => !ended && pid !== self && session === own?.session)
    .filter(({ pid }) => pid === root || descends(pid) || isMarked(pid))
    .map(({ pid }) => pid);
}
