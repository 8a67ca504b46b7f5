/** Runs an installed hook as its harness does: by a shell, with the input on stdin. */
import { spawn } from 'node:child_process';
import type { Probe } from 'waitbus-source-agent/harnesses';

export interface HookRun {
  /** null: it was killed, since it took too long. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly milliseconds: number;
}

/** Why a hook was not run. */
export interface NotRun {
  readonly notRun: string;
}

export interface RunOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly limitMs: number;
}

export function runInstalled(command: string, probe: Probe, options: RunOptions): Promise<HookRun> {
  const started = performance.now();
  const child = spawn('/bin/sh', ['-c', command], {
    cwd: options.cwd,
    env: { ...options.env, ...probe.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    // Of a group of its own, so that what the shell started ends too.
    detached: true,
  });
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => (said[stream] += text));
  }
  child.stdin.on('error', () => undefined);
  child.stdin.end(probe.body === null ? '' : JSON.stringify(probe.body));
  const timer = setTimeout(() => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  }, options.limitMs);
  return new Promise((resolve) => {
    const finish = (code: number | null) => {
      clearTimeout(timer);
      resolve({ code, ...said, milliseconds: performance.now() - started });
    };
    child.once('error', (error) => {
      said.stderr += error.message;
      finish(null);
    });
    child.once('close', finish);
  });
}
