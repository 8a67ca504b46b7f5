/**
 * What source github says of a commit's runs to who waits for a verdict: notes of the code `round`,
 * read here. One may come in parts. Pure.
 */
import { runOfRound, type CommitRun } from './commit-run.js';
import type { WaitNoteFrame } from './stream.js';

export type RoundNote =
  /** All the runs that there are of these commits. */
  | {
      readonly kind: 'round';
      /** By GitHub's clock, in seconds since the epoch, when it was asked for them. */
      readonly askedAt: number;
      readonly shas: readonly string[];
      readonly runs: readonly CommitRun[];
    }
  /** Deliveries told of every change since the commit's runs began: the log has all. */
  | { readonly kind: 'heard' }
  /** It could not be asked, and why. */
  | { readonly kind: 'none'; readonly why: string };

type Members = Readonly<Record<string, unknown>>;

export class RoundNotes {
  readonly #code: string;
  #parts: Members[] = [];

  /** @param code of the note; further parts have it with `_2`, `_3`... behind */
  constructor(code: string) {
    this.#code = code;
  }

  /** @returns null for another note, and for a part of one that is not whole yet */
  take({ code, detail, data }: WaitNoteFrame): RoundNote | null {
    const part = (data ?? {}) as Members;
    if (code !== this.#code && !code.startsWith(`${this.#code}_`)) return null;
    if (part['complete'] !== true) {
      return code === this.#code ? { kind: 'none', why: detail } : null;
    }
    if (part['from'] === 'webhook') return { kind: 'heard' };
    const [first] = this.#parts;
    if (first?.['round'] !== part['round']) this.#parts = [];
    this.#parts.push(part);
    if (this.#parts.length < Number(part['parts'] ?? 1)) return null;
    const whole = this.#parts;
    this.#parts = [];
    return {
      kind: 'round',
      askedAt: Number(part['asked_at']),
      shas: [...new Set(whole.flatMap((one) => listOf(one['shas']).map(String)))],
      runs: whole.flatMap((one) =>
        listOf(one['runs']).flatMap((row) => runOfRound(String(one['repo']), row) ?? []),
      ),
    };
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
