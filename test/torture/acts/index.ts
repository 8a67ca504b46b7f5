/** Every act, in the order in which `--list` shows them. */
import type { Act } from '../act.js';
import { frozenMillion } from './frozen-million.js';
import { killed } from './killed.js';
import { manyDaemons } from './many-daemons.js';
import { producerKilled } from './producer-killed.js';
import { reconnectStorm } from './reconnect-storm.js';
import { restarted } from './restarted.js';
import { retention } from './retention.js';
import { spool } from './spool.js';
import { stopped } from './stopped.js';
import { subscriberFaults } from './subscriber-faults.js';
import { wills } from './wills.js';

export const ACTS: readonly Act[] = [
  killed,
  stopped,
  restarted,
  producerKilled,
  subscriberFaults,
  reconnectStorm,
  manyDaemons,
  frozenMillion,
  retention,
  wills,
  spool,
];
