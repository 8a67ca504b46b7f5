/**
 * The journal of an agent of the sweep, as `waitbus stress` has it, made of the requests of its harness:
 * what its model was given counts, and when the first request that held it had come. Pure.
 */
import type { Note } from '../../../cli/src/stress/journal.js';
import type { Asked } from '../model/server.js';
import { answersIn, sightsIn, type Sight } from './context.js';
import { DONE } from './player.js';

/** A harness sends the whole conversation with each request: the last one tells how often it has what. */
export function seenBy(turns: readonly Asked[]): readonly Sight[] {
  const last = turns.at(-1);
  return last === undefined ? [] : sightsIn(last.turn);
}

/** @param sent when each event was committed, in nanoseconds; of others it is not told */
export function journalOf(
  turns: readonly Asked[],
  sent: ReadonlyMap<string, bigint>,
): readonly Note[] {
  const first = new Map<string, number>();
  for (const { turn, at } of turns) {
    for (const { id } of sightsIn(turn)) if (!first.has(id)) first.set(id, at);
  }
  const seen = seenBy(turns);
  const saw = seen.map(({ id, type, from, phase, round }): Note => {
    const at = nanoseconds(first.get(id) ?? 0);
    return { what: 'saw', id, type, from, phase, round, sent: sent.get(id) ?? null, at };
  });
  const lost = [...first.keys()].filter((id) => !seen.some((one) => one.id === id));
  const last = turns.at(-1);
  return [
    ...saw,
    ...(last === undefined ? [] : answersIn(last.turn).flatMap(answered)),
    ...lost.map((id): Note => ({ what: 'error', text: `${id} is no longer in its context` })),
    ...turns.flatMap(({ step }) => ending(step)),
  ];
}

export function nanoseconds(milliseconds: number): bigint {
  return BigInt(Math.round(milliseconds * 1e6));
}

function answered(answer: string): Note[] {
  const error = /WAITBUS_[A-Z_]+: .*/.exec(answer)?.[0];
  if (error !== undefined) return [{ what: 'error', text: error.slice(0, 200) }];
  const id = /(?:stored, event_id |"event_id":")([0-9A-Z]{26})/.exec(answer)?.[1];
  const isEmit = /"inserted":true|^stored, /m.test(answer);
  return id !== undefined && isEmit ? [{ what: 'reacted', round: 0, id }] : [];
}

function ending(step: Asked['step']): Note[] {
  if (step.kind !== 'say') return [];
  if (step.text === DONE) return [{ what: 'ended' }];
  return step.text.startsWith('I give up') ? [{ what: 'error', text: step.text }] : [];
}
