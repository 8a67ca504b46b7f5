/** One turn of a vendor's CLI, as a process: its answer, and what it used by its own account. */
import { spawn } from 'node:child_process';
import { READERS, type Usage } from '../ledger/index.js';
import { promptFor, REAL, type RealName } from './programs.js';

export interface Turn {
  readonly answer: string;
  readonly usage: Usage | null;
  /** Why there is no answer. */
  readonly error: string | null;
}

/** A turn that takes longer hangs. */
const LIMIT_MS = 240_000;
const LAST_WORDS = 400;

export function takeTurn(name: RealName, eventId: string, env: NodeJS.ProcessEnv): Promise<Turn> {
  const program = REAL[name];
  // In our process group: what ends us ends it.
  const child = spawn(name, program.args(promptFor(eventId)), {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...env, ...program.env },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
  return new Promise((resolve) => {
    const end = (why: string | null) => {
      clearTimeout(timer);
      const answer = program.answer(stdout);
      const said = (stderr.trim() || stdout.trim()).slice(-LAST_WORDS);
      const missing = answer === '' ? 'it gave no answer' : null;
      const error = why ?? missing;
      resolve({
        answer,
        usage: READERS[name](stdout),
        error: error === null ? null : `${name}: ${error}: ${said}`,
      });
    };
    child.once('error', (error) => end(error.message));
    child.once('close', (code, signal) =>
      end(code === 0 ? null : `it ended with ${signal ?? code}`),
    );
  });
}
