/** Runs Python programs that import the client, in the place of a test. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { REPO, type Ended, type Running, type Sandbox } from '../support/sandbox.js';

export const CLIENT = join(REPO, 'plugins', 'agent', 'python');

const found = spawnSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 9))']);
export const skip = found.status === 0 ? false : 'there is no python3 of 3.9 or newer';

/** Starts a program; its stdout is not buffered, and warnings of unclosed sockets are errors. */
export function start(box: Sandbox, program: string, ...args: string[]): Running {
  const text = `import asyncio, json, os, sys, threading, time, waitbus\n${program}`;
  return box.start('python3', ['-u', '-W', 'error', '-c', text, ...args], {
    env: { PYTHONPATH: CLIENT, PYTHONDONTWRITEBYTECODE: '1' },
  });
}

/** Runs it to its end. */
export function run(box: Sandbox, program: string, ...args: string[]): Promise<Ended> {
  return start(box, program, ...args).ended;
}

/** What a program that printed one line of JSON said. */
export async function answer(box: Sandbox, program: string, ...args: string[]): Promise<unknown> {
  const { code, stdout, stderr } = await run(box, program, ...args);
  if (code !== 0) throw new Error(`it ended with ${code}:\n${stdout}\n${stderr}`);
  return JSON.parse(stdout) as unknown;
}
