/** The groups of rows, in the order of the table. */
import type { Bench } from './bench.js';
import type { Row } from './rows.js';
import { burst } from './rows/burst.js';
import { latency } from './rows/latency.js';
import { oneByOne } from './rows/one-by-one.js';
import { pipelined } from './rows/pipelined.js';
import { replay } from './rows/replay.js';

export const GROUPS: Readonly<Record<string, (bench: Bench) => Promise<Row[]>>> = {
  latency,
  'one-by-one': oneByOne,
  pipelined,
  burst,
  replay,
};
