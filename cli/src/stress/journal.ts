/**
 * An agent's own journal: a file of JSON lines that it appends to as things happen to it, so that what
 * it saw is known even when it was killed. Agents in every language write the same lines. Pure.
 */
import type { Usage } from './ledger/index.js';

/** Instants are of the clock that all processes share, in nanoseconds. */
export type Note =
  | { readonly what: 'started'; readonly pid: number }
  | {
      readonly what: 'saw';
      /** The event's id. */
      readonly id: string;
      readonly type: string;
      readonly from: string;
      /** Empty for a death. */
      readonly phase: string;
      readonly round: number;
      /** When its sender sent it; null when that is not told. */
      readonly sent: bigint | null;
      readonly at: bigint;
    }
  | { readonly what: 'reacted'; readonly round: number; readonly id: string }
  | { readonly what: 'claimed'; readonly path: string; readonly at: bigint }
  | { readonly what: 'backed_off'; readonly path: string; readonly by: string; readonly at: bigint }
  | { readonly what: 'used'; readonly program: string; readonly usage: Usage | null }
  | { readonly what: 'error'; readonly text: string }
  | { readonly what: 'ended' };

/** A journal as it was read. */
export interface Journal {
  readonly notes: readonly Note[];
  /** Lines that are no notes; a killed agent may have left half of one at the end. */
  readonly damaged: number;
}

/**
 * @param offset nanoseconds to take from wall time, which is what a shell has, to get to the shared
 *   clock
 */
export function parseNote(line: string, offset: bigint): Note | null {
  try {
    const note = JSON.parse(line) as Readonly<Record<string, unknown>>;
    switch (note['what']) {
      case 'started':
        return { what: 'started', pid: Number(note['pid']) };
      case 'saw':
        return {
          what: 'saw',
          id: textOf(note['id']),
          type: textOf(note['type']),
          from: textOf(note['from']),
          phase: textOf(note['phase']),
          round: Number(note['round'] || 0),
          sent: instant(note, 'sent', offset),
          at: instant(note, 'at', offset) ?? 0n,
        };
      case 'reacted':
        return { what: 'reacted', round: Number(note['round']), id: textOf(note['id']) };
      case 'claimed':
        return {
          what: 'claimed',
          path: textOf(note['path']),
          at: instant(note, 'at', offset) ?? 0n,
        };
      case 'backed_off':
        return {
          what: 'backed_off',
          path: textOf(note['path']),
          by: textOf(note['by']),
          at: instant(note, 'at', offset) ?? 0n,
        };
      case 'used':
        return {
          what: 'used',
          program: textOf(note['program']),
          usage: (note['usage'] ?? null) as Usage | null,
        };
      case 'error':
        return { what: 'error', text: textOf(note['text']) };
      case 'ended':
        return { what: 'ended' };
      default:
        return null;
    }
  } catch {
    return null;
  }
}

/** Whole lines only; what comes after the last newline is not read yet. */
export function parseJournal(text: string, offset: bigint): Journal {
  const lines = text.split('\n').slice(0, -1);
  const notes = lines.map((line) => parseNote(line, offset));
  return {
    notes: notes.filter((note) => note !== null),
    damaged: notes.filter((note) => note === null).length,
  };
}

/** `sent` and `at` are of the shared clock, `sent_wall` and `at_wall` of the wall's. */
function instant(
  note: Readonly<Record<string, unknown>>,
  member: 'sent' | 'at',
  offset: bigint,
): bigint | null {
  const own = note[member];
  if (typeof own === 'string' && own !== '') return BigInt(own);
  const wall = note[`${member}_wall`];
  return typeof wall === 'string' && wall !== '' ? BigInt(wall) - offset : null;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
