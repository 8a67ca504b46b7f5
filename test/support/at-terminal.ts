/** A command at a real terminal, by test/fixtures/terminal_dialog.py. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { REPO, WAITBUS, type Sandbox } from './sandbox.js';

export interface AtTerminal {
  /** Negative: the signal that killed it. */
  readonly code: number;
  readonly shown: string;
}

export const CTRL_C = '\u0003';

/** @param dialog what it shows, then what is typed at that, and so on */
export async function atTerminal(
  box: Sandbox,
  dialog: readonly string[],
  ...args: readonly string[]
): Promise<AtTerminal> {
  const fixture = join(REPO, 'test', 'fixtures', 'terminal_dialog.py');
  const command = [process.execPath, WAITBUS, ...args];
  const ended = await box.start('python3', [fixture, ...dialog, '--', ...command]).ended;
  assert.equal(ended.code, 0, ended.stderr);
  return JSON.parse(ended.stdout) as AtTerminal;
}
