/** `waitbus swarm-demo`: agents in several languages on one bus, one of which is killed. */
import { parseArgs } from 'node:util';
import { Narrator } from '../demo/narrator.js';
import { SwarmActs } from '../demo/swarm-acts.js';
import { formatDuration } from '../duration.js';
import { findFamilies } from '../stress/families.js';
import { Seeder } from '../stress/seeder.js';
import { Troupe } from '../stress/troupe.js';
import { EXIT, print } from '../terminal/exit.js';
import { workingDirectory } from '../working-directory.js';

export async function run(args: readonly string[]): Promise<number> {
  parseArgs({ args: [...args], options: {}, strict: true });
  const started = performance.now();
  const interrupted = new AbortController();
  let code: number | null = null;
  for (const [signal, exit] of [
    ['SIGINT', EXIT.sigint],
    ['SIGTERM', EXIT.sigterm],
  ] as const) {
    process.once(signal, () => {
      code = exit;
      interrupted.abort();
    });
  }
  const families = await findFamilies(workingDirectory());
  const troupe = new Troupe();
  let happened: boolean;
  try {
    await troupe.openHouse();
    const seeder = await Seeder.connect(troupe.paths);
    const acts = new SwarmActs(new Narrator(), troupe, seeder, families, interrupted.signal);
    happened = await acts.play();
    seeder.close();
  } finally {
    await troupe.close();
  }
  if (code !== null) return code;
  const took = formatDuration(performance.now() - started);
  print('');
  print(`${happened ? 'All of it happened' : 'Not all of it happened'}, in ${took}`);
  return happened ? EXIT.ok : EXIT.failure;
}
