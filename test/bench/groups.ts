/** The groups of rows, in the order of the table. */
import type { Bench } from './bench.js';
import type { Row } from './rows.js';
import { burst } from './rows/burst.js';
import { commands } from './rows/commands.js';
import { latency } from './rows/latency.js';
import { memory } from './rows/memory.js';
import { million } from './rows/million.js';
import { neighbour } from './rows/neighbour.js';
import { oneByOne } from './rows/one-by-one.js';
import { pipelined } from './rows/pipelined.js';
import { replay } from './rows/replay.js';
import { saves } from './rows/saves.js';
import { waiters } from './rows/waiters.js';

export const GROUPS: Readonly<Record<string, (bench: Bench) => Promise<Row[]>>> = {
  latency,
  'one-by-one': oneByOne,
  pipelined,
  waiters,
  burst,
  replay,
  commands,
  saves,
  memory,
  neighbour,
  million,
};
