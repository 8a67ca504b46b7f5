/** What the tests of agents ask of the log over and over. */
import { waitFor, type EventFrame } from 'waitbus';
import type { Sandbox } from '../support/sandbox.js';

/** A test that hangs says what it waited for. */
export const LIMIT_MS = 60_000;

/** The events of the log that match, once there are so many. */
export async function heard(
  box: Sandbox,
  match: readonly string[],
  count = 1,
): Promise<readonly EventFrame[]> {
  const { paths } = box;
  return waitFor({ match: [...match], since: 'start', count, paths, timeout: LIMIT_MS });
}

/** The one event of the log that matches, once it is there. */
export async function heardOne(box: Sandbox, ...match: string[]): Promise<EventFrame> {
  const [event] = await heard(box, match);
  if (event === undefined) throw new Error(`nothing matched ${match.join(', ')}`);
  return event;
}

/** All that the log holds now. */
export async function logged(box: Sandbox, ...match: string[]): Promise<EventFrame[]> {
  const { stdout } = await box.run([
    'log',
    '--json',
    '--since',
    'start',
    ...match.flatMap((one) => ['--match', one]),
  ]);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as EventFrame);
}

/** Resolves once no process has this pid. */
export async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}
