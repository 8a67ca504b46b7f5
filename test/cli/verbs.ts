/** What the tests of the command do over and over: emit an agent event, wait until a wait is armed. */
import assert from 'node:assert/strict';
import type { Ended, Running, Sandbox } from '../support/sandbox.js';

export type Event = Record<string, unknown> & { readonly fields: Record<string, unknown> };

export const AGENT = ['--source', 'agent', '--event-type', 'agent_finished'] as const;

/** Emits an event of the agent source and asserts that it was acknowledged. */
export async function emitAgent(box: Sandbox, ...options: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await box.run(['emit', ...AGENT, ...options]);
  assert.equal(code, 0, stderr);
  return (JSON.parse(stdout) as { event_id: string }).event_id;
}

/** Starts a wait and resolves once nothing can be missed any more. */
export async function armedWait(box: Sandbox, ...args: readonly string[]): Promise<Running> {
  const wait = box.waitbus(['wait', ...args]);
  await wait.says(/waitbus: waiting for/);
  return wait;
}

/** The pid of the daemon that serves a sandbox. */
export async function daemonPid(box: Sandbox): Promise<number> {
  const { code, stdout, stderr } = await box.run(['status', '--json']);
  assert.equal(code, 0, stderr);
  return (JSON.parse(stdout) as { pid: number }).pid;
}

export function assertExit({ code, signal, stdout, stderr }: Ended, expected: number): void {
  assert.deepEqual({ code, signal }, { code: expected, signal: null }, `${stdout}\n${stderr}`);
}

/** Every line of stdout as JSON. */
export function jsonLines(stdout: string): Record<string, unknown>[] {
  const lines = stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}
