/**
 * What the source has told and will tell, kept so that a killed source or engine costs no event and
 * doubles none. Saved before a batch is emitted, the batch in it: what the previous process may not
 * have got committed is emitted again, under the same delivery ids.
 */
import type { Json, SourceEvent, SourceState } from '@waitbus/plugin-sdk';
import { z } from 'zod';

const KEY = 'ledger';

/** Exits that are remembered; of older ones only that they are told. */
const MOST_EXITS = 512;

/** Events may be written by the engine in another order than their times by less than this. */
const OVERLAP_NS = 1_000_000_000n;

const nanoseconds = z.union([z.bigint(), z.int()]).transform((value) => BigInt(value));

const SAVED = z.object({
  version: z.literal(1),
  /** When the source last was alive, and since when nobody waits; milliseconds, by our clock. */
  alive: z.number(),
  idle: z.number().nullable(),
  floor: nanoseconds,
  cursor: nanoseconds,
  exits: z.array(z.tuple([z.string(), nanoseconds, z.boolean()])),
  pending: z.array(z.looseObject({ event_type: z.string() })),
});

export type Saved = z.output<typeof SAVED>;

/** A container's last exit. */
export interface Exit {
  /** By the engine's clock. */
  readonly time: bigint;
  /** It was read from the engine's records; the stream may yet tell of the same one. */
  readonly looked: boolean;
}

/** What goes with an event into the ledger when the event is taken to be emitted. */
export interface Entry {
  readonly event: SourceEvent;
  readonly container: string;
  readonly time: bigint;
  readonly isExit: boolean;
  readonly looked: boolean;
}

export class Ledger {
  idle: number | null = null;
  readonly #state: SourceState;
  #floor: bigint;
  #cursor: bigint;
  readonly #exits = new Map<string, Exit>();
  /** Entered and not yet taken: saving it would call them told. */
  readonly #queued = new Map<string, Exit>();
  /** Exits that were read and have no verdict yet: the stream is to be read from them again. */
  readonly #kept = new Map<string, readonly bigint[]>();
  #pending: readonly SourceEvent[];

  private constructor(state: SourceState, saved: Omit<Saved, 'version' | 'alive' | 'idle'>) {
    this.#state = state;
    this.#floor = saved.floor;
    this.#cursor = saved.cursor;
    this.#pending = saved.pending;
    for (const [container, time, looked] of saved.exits) {
      this.#exits.set(container, { time, looked });
    }
  }

  /** What the previous process left; null when there is nothing to go on from. */
  static saved(state: SourceState): Saved | null {
    return SAVED.safeParse(state.get(KEY)).data ?? null;
  }

  static resume(state: SourceState, saved: Saved): Ledger {
    return new Ledger(state, saved);
  }

  /** @param now by the engine's clock; what was before is the past and not told */
  static begin(state: SourceState, now: bigint): Ledger {
    return new Ledger(state, { floor: now, cursor: now, exits: [], pending: [] });
  }

  /** From when on the engine has to tell. */
  get since(): bigint {
    const cursor = this.#read;
    const since = cursor - OVERLAP_NS;
    const floor = this.#floor < cursor ? this.#floor : cursor;
    return since > floor ? since : floor;
  }

  /** Up to where everything was told. */
  get #read(): bigint {
    let cursor = this.#cursor;
    for (const time of [...this.#kept.values()].flat()) if (time < cursor) cursor = time;
    return cursor;
  }

  /** What the previous process was emitting. */
  get pending(): readonly SourceEvent[] {
    return this.#pending;
  }

  lastExit(container: string): Exit | undefined {
    return this.#queued.get(container) ?? this.#exits.get(container);
  }

  /** Whether an exit at this time, by the engine's records, is told or is the past. */
  isTold(container: string, finished: bigint): boolean {
    // The engine writes `die` after the process has ended, and before the next run begins.
    const last = this.lastExit(container);
    return finished < this.#floor || (last !== undefined && last.time >= finished);
  }

  /** A new run has begun: its exit is another one than was read from the records. */
  started(container: string, time: bigint): void {
    for (const exits of [this.#queued, this.#exits]) {
      const exit = exits.get(container);
      if (exit?.looked === true && exit.time < time) {
        exits.set(container, { ...exit, looked: false });
      }
    }
  }

  /** An exit of this container at this time is to be told later. */
  keep(container: string, time: bigint): void {
    this.#kept.set(container, [...(this.#kept.get(container) ?? []), time]);
  }

  enter({ container, time, isExit, looked }: Entry): void {
    if (isExit) this.#queued.set(container, { time, looked });
  }

  /** Before these are emitted. Durable when it returns. */
  take(batch: readonly Entry[], now: number): void {
    for (const entry of batch) {
      const { container, time, isExit, looked } = entry;
      if (time > this.#cursor && !looked) this.#cursor = time;
      if (!isExit) continue;
      this.#release(container, time);
      this.#exits.delete(container);
      this.#exits.set(container, { time, looked });
      if (this.#queued.get(container)?.time === time) this.#queued.delete(container);
    }
    this.#limit();
    this.#pending = batch.map(({ event }) => event);
    this.save(now);
  }

  /** A later exit of the container keeps its place. */
  #release(container: string, time: bigint): void {
    const later = this.#kept.get(container)?.filter((kept) => kept > time) ?? [];
    if (later.length > 0) this.#kept.set(container, later);
    else this.#kept.delete(container);
  }

  /** After they are committed. */
  committed(): void {
    this.#pending = [];
  }

  get containers(): readonly string[] {
    return [...this.#exits.keys()];
  }

  /** Of a container that is gone nothing can come any more. */
  forget(container: string): void {
    this.#exits.delete(container);
  }

  save(now: number): void {
    const saved: Saved = {
      version: 1,
      alive: now,
      idle: this.idle,
      floor: this.#floor,
      cursor: this.#read,
      exits: [...this.#exits].map(([container, { time, looked }]) => [container, time, looked]),
      pending: this.#pending as unknown as Saved['pending'],
    };
    this.#state.set(KEY, saved as unknown as Json);
  }

  /** What is forgotten counts as the past from then on. */
  #limit(): void {
    for (const [container, { time }] of this.#exits) {
      if (this.#exits.size <= MOST_EXITS) return;
      this.#exits.delete(container);
      if (time >= this.#floor) this.#floor = time + 1n;
    }
  }
}
