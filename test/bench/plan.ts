/** How much is measured: everything, or what fits into two minutes. */
import type { Options } from './options.js';

export interface Plan {
  readonly name: 'full' | 'quick';
  readonly rounds: number;
  /** Events before the measured ones: 1,500 are 3 s, by when V8 has compiled a broker's hot path. */
  readonly latency: { readonly warmUp: number; readonly events: number };
  readonly oneByOne: number;
  readonly pipelined: number;
  readonly burst: { readonly events: number; readonly subscribers: number };
  readonly replay: number;
  /** Saves of a file for each who is told of them, in each round. */
  readonly saves: number;
  /** How often each command is run. */
  readonly commands: number;
  /** How long a process must have taken no CPU to be at rest. */
  readonly quietSeconds: number;
  /** How long CPU time at rest is counted. */
  readonly restSeconds: number;
  /** Events in the store that counts as full. */
  readonly stored: number;
}

const FULL: Plan = {
  name: 'full',
  rounds: 5,
  latency: { warmUp: 1500, events: 1500 },
  oneByOne: 5000,
  pipelined: 50_000,
  burst: { events: 5000, subscribers: 64 },
  replay: 100_000,
  saves: 200,
  commands: 21,
  quietSeconds: 9,
  restSeconds: 10,
  stored: 1_000_000,
};

const QUICK: Plan = {
  ...FULL,
  name: 'quick',
  rounds: 1,
  latency: { warmUp: 100, events: 200 },
  oneByOne: 1000,
  replay: 50_000,
  pipelined: 20_000,
  saves: 50,
  commands: 7,
  quietSeconds: 2,
  restSeconds: 3,
  stored: 50_000,
};

export function planOf({ quick, rounds }: Options): Plan {
  const plan = quick ? QUICK : FULL;
  return rounds === null ? plan : { ...plan, rounds };
}
