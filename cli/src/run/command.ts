/**
 * Runs a command in our place: it has our terminal, our signals, and its end is ours. It stays in our
 * process group, so that a shell's job control reaches both.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';

export interface CommandEnd {
  /** The command's, 128 plus the signal's number, 127 when there is none, 126 when it cannot run. */
  readonly exitCode: number;
  /** That killed it. */
  readonly signal: NodeJS.Signals | null;
  /** Why it could not be run. */
  readonly error: NodeJS.ErrnoException | null;
}

/** What a person or a supervisor sends; a terminal's own are told apart below. */
const PASSED_ON = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGINT', 'SIGQUIT'] as const;
const FROM_KEYBOARD: ReadonlySet<NodeJS.Signals> = new Set(['SIGINT', 'SIGQUIT']);

/** Signals of ours, from now on kept for the command: those that came before it runs end us. */
export class Signals {
  #received: NodeJS.Signals | null = null;
  #pid: number | null = null;
  #onFirst: (signal: NodeJS.Signals) => void = () => undefined;
  /** Resolves with the first one. */
  readonly first: Promise<NodeJS.Signals>;

  constructor() {
    this.first = new Promise((resolve) => (this.#onFirst = resolve));
    for (const signal of PASSED_ON) process.on(signal, () => this.#take(signal));
  }

  /** The first that asked for an end. */
  get received(): NodeJS.Signals | null {
    return this.#received;
  }

  passTo(pid: number): void {
    this.#pid = pid;
  }

  #take(signal: NodeJS.Signals): void {
    if (signal !== 'SIGUSR1' && signal !== 'SIGUSR2') this.#received ??= signal;
    this.#onFirst(signal);
    // Ctrl-C has reached the command already; twice is a stronger word than once.
    if (this.#pid === null || (FROM_KEYBOARD.has(signal) && inForeground())) return;
    try {
      process.kill(this.#pid, signal);
    } catch {
      // It has just ended.
    }
  }
}

/** @param onRunning called with its pid, once it runs */
export function runCommand(
  command: readonly string[],
  env: NodeJS.ProcessEnv,
  signals: Signals,
  onRunning: (pid: number) => void = () => undefined,
): Promise<CommandEnd> {
  const [program = '', ...args] = command;
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: 'inherit', env });
    child.once('spawn', () => {
      const { pid } = child;
      if (pid === undefined) return;
      signals.passTo(pid);
      onRunning(pid);
    });
    child.once('error', (error: NodeJS.ErrnoException) => {
      resolve({ exitCode: error.code === 'ENOENT' ? 127 : 126, signal: null, error });
    });
    child.once('exit', (code, signal) => {
      resolve({ exitCode: signal === null ? (code ?? 0) : codeOf(signal), signal, error: null });
    });
  });
}

/** Why a command could not be run, for people. */
export function whyNot(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return 'there is no such command';
  return error.code === 'EACCES' ? 'it is not executable' : error.message;
}

/** As a shell tells that a signal ended a command. */
export function codeOf(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}

/**
 * Whether what is typed at the terminal goes to our process group: the terminal then signals the
 * command as well.
 */
export function inForeground(): boolean {
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8');
    // Behind the name in parentheses: state, parent, group, session, terminal, its foreground group.
    const [, , group, , terminal, foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return terminal !== '0' && group === foreground;
  } catch {
    return process.stdin.isTTY || process.stderr.isTTY;
  }
}
