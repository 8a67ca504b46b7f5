/** `waitbus demo`: four waits, each ended by something real. */
import { parseArgs } from 'node:util';
import { failATest, killAnAgent, saveAFile, timeOut, type Outcome } from '../demo/acts.js';
import { Stage } from '../demo/stage.js';
import { formatDuration } from '../duration.js';
import { EXIT, print } from '../terminal/exit.js';

export async function run(args: readonly string[]): Promise<number> {
  parseArgs({ args: [...args], options: {}, strict: true });
  const started = performance.now();
  const stage = new Stage();
  const interrupt = () => void stage.close().then(() => process.exit(EXIT.sigint));
  process.once('SIGINT', interrupt);
  const outcomes: Outcome[] = [];
  try {
    for (const act of [saveAFile, failATest, timeOut, killAnAgent]) {
      outcomes.push(await act(stage));
      await stage.pace();
    }
  } finally {
    process.removeListener('SIGINT', interrupt);
    await stage.close();
  }
  const count = (outcome: Outcome) => outcomes.filter((one) => one === outcome).length;
  const skipped = count('skipped') > 0 ? `, ${count('skipped')} skipped` : '';
  print('');
  print(
    `${count('happened')} of ${outcomes.length} happened${skipped}, in ${formatDuration(performance.now() - started)}`,
  );
  return count('failed') > 0 ? EXIT.failure : EXIT.ok;
}
