/** Runs the checker over a page of ledgers and the log of a running daemon. */
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import type { Sandbox } from '../support/sandbox.js';

const CHECKER = fileURLToPath(new URL('checker.py', import.meta.url));

/** What the checker counted. */
export interface Checked {
  readonly log: number;
  readonly acknowledged: number;
  readonly promised: number;
  readonly subscribers: number;
  readonly seen: number;
  readonly gaps: number;
  readonly wills: number;
}

/**
 * @param since where the log begins for this page: an event_id
 * @throws AssertionError with what the checker says is wrong
 */
export async function runChecker(box: Sandbox, ledgers: string, since: string): Promise<Checked> {
  const checker = box.start('python3', [CHECKER, ledgers, box.paths.socket, since]);
  const { code, stdout, stderr } = await checker.ended;
  assert.equal(code, 0, `the checker:\n${stdout}${stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Checked;
}
