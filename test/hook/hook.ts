/** Runs `waitbus hook` in a sandbox as a harness does. */
import type { Ended, Sandbox } from '../support/sandbox.js';

export const SESSION = '5f3c2a10-77aa-4b7e-9a11-0c9a3c1d2e3f';
export const NAME = `claude:${SESSION}`;

/** The input of a hook of Claude Code. */
export function claudeInput(event: string, more: object = {}): string {
  return JSON.stringify({ session_id: SESSION, hook_event_name: event, ...more });
}

export function claudeHook(
  box: Sandbox,
  event: string,
  more: object = {},
  ...options: readonly string[]
): Promise<Ended> {
  return box.run(['hook', 'claude', event, ...options], claudeInput(event, more));
}
