/** Told to stop, it ends by itself and takes with it what it started. */
import { setTimeout as pause } from 'node:timers/promises';
import { needsProcess, type SourceCheck } from '../check.js';
import { Failure } from '../failure.js';
import type { Session } from '../session.js';
import { World } from '../world.js';

const LOOK_AGAIN_MS = 50;

export const stopCheck: SourceCheck = {
  id: 'stop',
  sentence: 'it ends cleanly when its signal is aborted',
  needs: ['start'],
  skip: needsProcess,
  async run(target) {
    await using world = new World(target);
    const session = await world.start(await world.setUp());
    const { code, signal } = await session.stop();
    if (signal !== null) {
      const grace = target.patience.grace / 1000;
      throw new Failure(`it did not end within ${grace} s of SIGTERM and had to be killed`);
    }
    if (code !== 0) throw new Failure(`it ended with exit code ${String(code)}${session.said()}`);
    const left = await leftBehind(session, target.patience.grace);
    if (left.length > 0) throw new Failure(`it left behind: ${left.join(', ')}`);
  },
};

/** What it started may take a moment longer to end than itself. */
async function leftBehind(session: Session, grace: number): Promise<readonly string[]> {
  const deadline = performance.now() + grace;
  for (;;) {
    const left = session.stragglers();
    if (left.length === 0 || performance.now() > deadline) return left;
    await pause(LOOK_AGAIN_MS);
  }
}
