/** The file of secrets in a sandbox, and the value that no command may ever print. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ended, Sandbox } from '../support/sandbox.js';

export const VALUE = 'hunter2-and-more';
export const NAME = 'github-webhook-secret';

export const fileOf = (box: Sandbox) => join(box.paths.stateDir, 'secrets.json');
export const kept = (box: Sandbox) => JSON.parse(readFileSync(fileOf(box), 'utf8')) as object;

/** Asserts how a command ended, and that the value is nowhere in its output. */
export function assertEnd(ended: Ended, code: number): void {
  assert.equal(ended.code, code, ended.stderr);
  assert.doesNotMatch(ended.stdout + ended.stderr, new RegExp(VALUE), 'the value got out');
}
