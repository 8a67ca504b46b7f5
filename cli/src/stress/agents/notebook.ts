/** The journal of an agent in Node: appends a line at a time, at once, so that a kill loses none. */
import { openSync, writeSync } from 'node:fs';
import type { EventFrame } from '../../client/index.js';

export class Notebook {
  readonly #fd: number;

  constructor(file: string) {
    this.#fd = openSync(file, 'a', 0o600);
  }

  /** @param note as `journal.ts` reads it; instants are written as text */
  write(note: Readonly<Record<string, unknown>>): void {
    const plain = (_key: string, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value;
    writeSync(this.#fd, `${JSON.stringify(note, plain)}\n`);
  }

  saw(
    { event_id, event_type, fields }: Pick<EventFrame, 'event_id' | 'event_type' | 'fields'>,
    at: bigint,
  ): void {
    this.write({
      what: 'saw',
      id: event_id,
      type: event_type,
      from: fields['msg_from'],
      phase: fields['swarm_phase'] ?? '',
      round: fields['swarm_round'] ?? 0,
      sent: fields['sent_ns'] ?? '',
      sent_wall: fields['sent_wall'] ?? '',
      at,
    });
  }
}
