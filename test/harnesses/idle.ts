/**
 * A session of a real harness that is idle is woken from outside, by messages to its name, several times.
 * What wakes it is what `waitbus install` put there: the hook beside Claude Code, the plugin in opencode.
 */
import { once } from 'node:events';
import { Sandbox } from '../support/sandbox.js';
import { arrivalOf, type Arrival } from './arrivals.js';
import { claudeTerminal } from './drivers/claude-terminal.js';
import { opencodeServer, promptSession, SERVES } from './drivers/opencode-server.js';
import { somebodyListens, turnsEnded, wholeLog } from './listening.js';
import { allOf, nameIn } from './model/scenario.js';
import { FakeModel } from './model/server.js';
import { startReal, type RealRun } from './real.js';

export type IdleHarness = 'claude' | 'opencode';

const PROMPT = 'Be there for the peer.';

const START: Readonly<Record<IdleHarness, (s: Sandbox, m: FakeModel) => Promise<RealRun>>> = {
  claude: (sandbox, model) =>
    startReal(sandbox, model, 'claude', {
      prompt: PROMPT,
      driver: claudeTerminal,
      atTerminal: true,
    }),
  async opencode(sandbox, model) {
    const run = await startReal(sandbox, model, 'opencode', {
      prompt: PROMPT,
      driver: opencodeServer,
    });
    await promptSession(await run.running.says(SERVES), run.ground, PROMPT);
    return run;
  },
};

/** @returns what came of each message, in order */
export async function wakeIdle(name: IdleHarness, count: number): Promise<readonly Arrival[]> {
  await using sandbox = new Sandbox();
  await using model = await FakeModel.start(() => ({ kind: 'say', text: 'I rest.' }));
  await sandbox.daemon();
  const { running } = await START[name](sandbox, model);
  const ended = running.ended.then(({ code, stdout, stderr }) => {
    throw new Error(`${name} ended with ${code}: ${stderr}${stdout}`);
  });
  // Whoever waits below hears of it; at the end it is no news.
  ended.catch(() => undefined);

  const wakeAll = async () => {
    const { turn } = await model.request((asked) => nameIn(asked.turn) !== null);
    const session = nameIn(turn) ?? '';
    const marks = Array.from({ length: count }, (_, at) => `this is message ${at + 1}.`);
    // What came twice is seen with the next request: so there is one more.
    for (const [at, mark] of [...marks, 'this is the last.'].entries()) {
      await turnsEnded(sandbox, at + 1);
      await somebodyListens(sandbox);
      const { code, stderr } = await sandbox.run(['send', session, mark, '--from', 'peer']);
      if (code !== 0) throw new Error(`it is not sent: ${stderr}`);
      await model.request((asked) => allOf(asked.turn).includes(mark));
    }
    const log = await wholeLog(sandbox);
    return marks.map((mark) => arrivalOf(mark, model.turnsOf(name), log));
  };
  const arrivals = await Promise.race([wakeAll(), ended]);
  running.child.kill('SIGTERM');
  await once(running.child, 'close');
  return arrivals;
}
