/**
 * Between `waitbus pytest` and the plugin in the pytest that it starts: a file that says how far the
 * run was told. What the plugin could not tell, because pytest ended before it loaded any plugin or
 * was killed with no daemon to keep a will, is told here from the exit status. Both speak of the run
 * under one delivery id, so that its end is stored once.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Envelope } from '@waitbus/plugin-sdk/envelope';
import type { CommandEnd } from '../run/command.js';

/** `told`: all that there is to tell. `begun`: the plugin was loaded. `unseen`: it was not. */
export type Told = 'told' | 'begun' | 'unseen';

export class Handover {
  readonly runId = randomBytes(16).toString('hex');
  readonly #directory = mkdtempSync(join(tmpdir(), 'waitbus-pytest-'));
  readonly path = join(this.#directory, this.runId);

  constructor() {
    writeFileSync(this.path, '');
  }

  take(): Told {
    try {
      return readFileSync(this.path, 'utf8') === '' ? 'unseen' : 'begun';
    } catch {
      return 'told';
    } finally {
      rmSync(this.#directory, { recursive: true, force: true });
    }
  }
}

/**
 * The end of a run of which only its exit is known.
 * @param asked the signal that asked for the end, if one did
 */
export function bareSession(
  runId: string,
  cwd: string | null,
  { exitCode, signal }: CommandEnd,
  asked: NodeJS.Signals | null,
): Envelope {
  const conclusion = asked === 'SIGINT' ? 'cancelled' : exitCode === 5 ? 'neutral' : 'failure';
  return {
    source: 'pytest',
    event_type: 'pytest_session',
    delivery_id: `pytest:${runId}:session`,
    summary:
      signal === null
        ? `pytest ended with exit status ${exitCode}; the plugin told nothing of it`
        : `pytest was killed by ${signal}`,
    fields: {
      workflow_name: 'pytest',
      run_id: runId,
      status: 'completed',
      conclusion,
      ...(signal === null ? { exit_code: exitCode } : { killed: true }),
      ...(cwd === null ? {} : { cwd }),
    },
    ingest_method: 'wrapper',
  };
}
