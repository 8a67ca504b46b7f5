/**
 * Group commit: the events of one turn, staged, inserted in few statements and committed in one
 * transaction. Owns nothing but the turn; what is in the log stands in `store.ts`.
 */
import type { CheckedEvent } from '@waitbus/plugin-sdk/envelope';
import { checkAnswer, CommittedEvent, frameText, nanosecondsOf, writeWire } from './event.js';
import { ROW_VALUES, type RowValues, type Statements } from './statements.js';
import type { UlidGenerator } from './ulid-generator.js';
import { WireWriter } from './wire.js';

export interface EmitResult {
  readonly event_id: string;
  /** false: an event with this delivery_id was there already, and this is its id. */
  readonly inserted: boolean;
}

const PAGE_BYTES = 4096;

export class Turn {
  readonly #ids: UlidGenerator;
  readonly #wire = new WireWriter();
  /** The stored event with an idempotency key, or null. */
  readonly #find: (deliveryId: string) => string | null;
  readonly #receivedAt: string;
  readonly #rows: RowValues = [];
  /** Keys of this turn, which the store does not know yet. */
  readonly #keys = new Map<string, string>();
  readonly committed: CommittedEvent[] = [];
  /** UTF-16 units of what is stored, about its bytes. */
  #size = 0;
  #last: number;

  /** @param last the position of the newest event; `now` in milliseconds since the epoch */
  constructor(
    last: number,
    now: number,
    ids: UlidGenerator,
    find: (deliveryId: string) => string | null,
  ) {
    this.#last = last;
    this.#receivedAt = nanosecondsOf(now);
    this.#ids = ids;
    this.#find = find;
  }

  /** @throws WaitbusError WAITBUS_BAD_EVENT when the frame is over the limit */
  stage(event: CheckedEvent): EmitResult {
    const key = event.delivery_id;
    const known = key === null ? null : (this.#keys.get(key) ?? this.#find(key));
    if (known !== null) return { event_id: known, inserted: false };
    const eventId = this.#ids.next();
    const receivedAt = event.received_at === null ? this.#receivedAt : String(event.received_at);
    const text = frameText(event, eventId, receivedAt);
    const span = writeWire(this.#wire, text, event);
    checkAnswer(text, event.payload);
    const seq = this.#last + 1;
    this.#last = seq;
    if (key !== null) this.#keys.set(key, eventId);
    this.#size += text.length + (event.payload?.length ?? 0);
    this.#rows.push(seq, eventId, key, event.source, event.event_type, text, event.payload);
    this.committed.push(new CommittedEvent(seq, eventId, span, event, receivedAt));
    return { event_id: eventId, inserted: true };
  }

  /** About how many pages the write-ahead log grows by; a key touches one of its own. */
  get pages(): number {
    return 1 + Math.ceil(this.#size / PAGE_BYTES) + this.#keys.size;
  }

  /** Inserts what was staged, all of it or nothing. */
  commit(sql: Statements): void {
    // One row is a transaction of its own, without the calls around it.
    if (this.committed.length <= 1) {
      this.#insert(sql);
      return;
    }
    sql.begin.run();
    try {
      this.#insert(sql);
      sql.commit.run();
    } catch (cause) {
      // A full disk may have ended the transaction already.
      if (sql.begin.database.inTransaction) sql.rollback.run();
      throw cause;
    }
  }

  #insert({ inserts }: Statements): void {
    const rows = this.#rows;
    let at = 0;
    for (const { rows: count, sql } of inserts) {
      const values = count * ROW_VALUES;
      for (; at + values <= rows.length; at += values) sql.run(...rows.slice(at, at + values));
    }
  }
}
