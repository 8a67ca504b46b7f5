/** Measures one subject: as often as asked, a blocked wait, the happening, and the end of the wait. */
import { Sandbox } from '../support/sandbox.js';
import { now } from './clock.js';
import { summaryOf, type Measured } from './result.js';
import type { Subject } from './subject.js';

const WAIT_TIMEOUT = '60s';

/** @throws when a wait does not end with 0 */
export async function measure(subject: Subject, rounds: number): Promise<Measured> {
  const { source, moment } = subject;
  await using box = new Sandbox();
  const prepared = await subject.prepare(box);
  try {
    const taken: number[] = [];
    // The first round warms up: the daemon, the source and the counterpart run by then.
    for (let round = 0; round <= rounds; round += 1) {
      const one = await measureOnce(box, prepared.wait(round), () => prepared.happen(round));
      if (round > 0) taken.push(one);
    }
    return { source, moment, counterpart: prepared.counterpart, ...summaryOf(taken) };
  } finally {
    await prepared.cleanup?.();
  }
}

async function measureOnce(
  box: Sandbox,
  args: readonly string[],
  happen: () => Promise<number>,
): Promise<number> {
  const wait = box.waitbus(['wait', ...args, '--timeout', WAIT_TIMEOUT]);
  const exited = new Promise<number>((resolve) => wait.child.once('exit', () => resolve(now())));
  await wait.says(/waitbus: waiting for/);
  const [moment, end] = await Promise.all([happen(), exited]);
  const { code, stderr } = await wait.ended;
  if (code !== 0) throw new Error(`waitbus wait ${args.join(' ')} ended with ${code}: ${stderr}`);
  return end - moment;
}
