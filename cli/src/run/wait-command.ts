/**
 * The command of `waitbus wait -- command`: runs at our terminal, with its output on stderr, and ends
 * with all that it has started when the wait does not come to a good end.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { codeOf } from './command.js';
import { ProcessTree } from './process-tree.js';

/** How long the command's processes may take to end after SIGTERM. */
const GRACE_MS = 2000;

export class WaitCommand {
  readonly #tree = new ProcessTree();
  #running = false;
  #done: Promise<void> = Promise.resolve();

  get running(): boolean {
    return this.#running;
  }

  /** Resolves when it has ended, or was never started; what it has started may go on. */
  get done(): Promise<void> {
    return this.#done;
  }

  /** stdout carries the matched frames only, so that the command's output goes to stderr. */
  start(
    command: readonly string[],
    onEnd: (exitCode: number, signal: NodeJS.Signals | null) => void,
    onError: (error: Error) => void,
  ): void {
    const [program = '', ...args] = command;
    const env = { ...process.env, ...this.#tree.environment };
    const child = spawn(program, args, { stdio: ['inherit', 2, 2], env });
    if (child.pid !== undefined) this.#tree.started(child.pid);
    this.#running = true;
    this.#done = new Promise((resolve) => {
      const ended = () => {
        this.#running = false;
        this.#tree.rootEnded();
      };
      child.once('error', (error) => {
        ended();
        onError(error);
        resolve();
      });
      child.once('exit', (code, signal) => {
        ended();
        onEnd(signal === null ? (code ?? 0) : codeOf(signal), signal);
        resolve();
      });
    });
  }

  /** Ends what is left of it. */
  async end(): Promise<void> {
    await this.#tree.end(GRACE_MS);
    await this.#done;
  }
}

/** Whether whoever started us wants us to outlive the terminal, as nohup does. */
export function ignoresHangup(): boolean {
  try {
    const ignored = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    return ((BigInt(`0x${ignored}`) >> BigInt(constants.signals.SIGHUP - 1)) & 1n) === 1n;
  } catch {
    // It cannot be told: the system's own way is kept.
    return true;
  }
}
