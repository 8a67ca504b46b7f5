/**
 * The event that every system carries: 300 bytes of JSON with a running number and the moment at
 * which it was due. Written without a serialiser and read without a parser, so that neither
 * weighs on what is measured.
 */

export const EVENT_BYTES = 300;
/** Events spread over this many values of `slot` and of `msg_to`. */
export const SLOTS = 1000;

const PAD = 'x'.repeat(EVENT_BYTES);
const NUMBER_MARK = Buffer.from('"n":');
const DUE_MARK_BYTES = ',"due":"'.length;
const ZERO = 48;

/** One clock for all processes, in nanoseconds. */
export function nowNs(): number {
  return Number(process.hrtime.bigint());
}

/** @param due when it was due, by `nowNs`; 0 where nobody asks */
export function eventText(n: number, due: number): string {
  const slot = n % SLOTS;
  const head =
    `{"source":"agent","event_type":"agent_message","fields":{"n":${n},"due":"${due}"` +
    `,"slot":${slot},"msg_to":"worker-${slot}","pad":"`;
  return `${head}${PAD.slice(0, EVENT_BYTES - head.length - 3)}"}}`;
}

/** Reads events out of bytes; one instance a subscriber, so that reading allocates nothing. */
export class EventReader {
  n = 0;
  due = 0;
  #at = 0;

  /** @throws Error when the bytes hold no event */
  read(bytes: Buffer): void {
    const mark = bytes.indexOf(NUMBER_MARK);
    if (mark === -1) throw new Error(`not an event: ${bytes.toString('utf8', 0, 200)}`);
    this.#at = mark + NUMBER_MARK.length;
    this.n = this.#digits(bytes);
    this.#at += DUE_MARK_BYTES;
    this.due = this.#digits(bytes);
  }

  #digits(bytes: Buffer): number {
    let value = 0;
    for (; ; this.#at += 1) {
      const digit = (bytes[this.#at] ?? 0) - ZERO;
      if (digit < 0 || digit > 9) return value;
      value = value * 10 + digit;
    }
  }
}
