/**
 * `npm run torture`: acts in random order, on and on, until the time is up or one fails. The same
 * seed gives the same order and the same choices within each act.
 */
import { randomOf } from '../support/property.js';
import type { Act, Figures, Scale } from './act.js';
import { ACTS } from './acts/index.js';
import { parseOptions, USAGE, type TortureOptions } from './options.js';
import { Stage } from './stage.js';

/** An act that has not ended by then hangs, in milliseconds. */
const ACT_LIMIT_MS = 15 * 60_000;

type Verdict = 'ok' | 'failed' | 'interrupted';

const interrupted = new Promise<'interrupted'>((resolve) => {
  process.once('SIGINT', () => resolve('interrupted'));
});

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Which act comes next, and with what seed: every act once before any comes again. */
function* programme({ acts, seed, actSeed }: TortureOptions): Generator<[Act, number]> {
  if (actSeed !== null) {
    for (const act of acts) yield [act, actSeed];
    return;
  }
  const random = randomOf(seed);
  for (;;) {
    const bag = [...acts];
    while (bag.length > 0) {
      const [act] = bag.splice(random(bag.length), 1);
      if (act !== undefined) yield [act, random(2 ** 31)];
    }
  }
}

async function play(act: Act, seed: number, scale: Scale): Promise<Verdict> {
  const began = performance.now();
  const stage = await Stage.open(seed);
  let timer: NodeJS.Timeout | undefined;
  const hangs = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('it hangs')), ACT_LIMIT_MS);
  });
  const seconds = () => `${((performance.now() - began) / 1000).toFixed(1)} s`;
  try {
    const running = act.run(stage, scale);
    // After an interrupt its programs end under it; what it says of that concerns nobody.
    running.catch(() => undefined);
    const figures = await Promise.race([running, hangs, interrupted]);
    if (figures === 'interrupted') return 'interrupted';
    print(`ok     ${act.name} (seed ${seed}, ${seconds()}): ${described(figures)}`);
    return 'ok';
  } catch (error) {
    const where = await stage.keep();
    print(`FAILED ${act.name} (seed ${seed}, ${seconds()}): ${(error as Error).message}`);
    print(
      `       ${(error as Error).stack?.split('\n').find((line) => line.includes(' at ')) ?? ''}`,
    );
    print(`       what it left behind: ${where}`);
    const size = scale === 'torture' ? '' : ` --${scale}`;
    print(`       again: npm run torture -- --only ${act.name} --act-seed ${seed}${size}`);
    return 'failed';
  } finally {
    clearTimeout(timer);
    await stage[Symbol.asyncDispose]();
  }
}

function described(figures: Figures): string {
  return Object.entries(figures)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2), ACTS);
  if (options.list) {
    for (const { name, does } of ACTS) print(`${name.padEnd(18)} ${does}`);
    return 0;
  }
  print(`torture: seed ${options.seed}, ${options.minutes} minutes; the act at hand then ends`);
  const until = performance.now() + options.minutes * 60_000;
  const played = new Map<string, number>();
  let verdict: Verdict = 'ok';
  for (const [act, seed] of programme(options)) {
    verdict = await play(act, seed, options.scale);
    if (verdict === 'ok') played.set(act.name, (played.get(act.name) ?? 0) + 1);
    if (verdict !== 'ok' || performance.now() > until) break;
  }
  const counts = [...played].map(([name, count]) => `${name} ${count}`).join(', ');
  print(`torture: ${verdict}; held: ${counts || 'none'} (seed ${options.seed})`);
  return verdict === 'failed' ? 1 : 0;
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`torture: ${(error as Error).message}\n${USAGE}\n`);
  return 2;
});
