/**
 * An agent that is a vendor's own CLI: a process that waits on the bus for it, wakes it with a turn,
 * emits what it answered and keeps its account.
 */
import { isReal } from '../real/programs.js';
import { takeTurn } from '../real/turn.js';
import { performAttached } from './attached.js';

const MOST_SAID = 200;

await performAttached(async (seed, { part, notebook }) => {
  if (!isReal(part.family)) throw new Error(`there is no program ${part.family}`);
  const { answer, usage, error } = await takeTurn(part.family, seed.event_id, process.env);
  // What a turn used counts, whether it answered or not.
  notebook.write({ what: 'used', program: part.family, usage });
  if (error !== null) throw new Error(error);
  return answer.slice(0, MOST_SAID);
});
