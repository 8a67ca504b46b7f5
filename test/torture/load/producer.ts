/**
 * A producer: emits numbered events in pipelined requests, notes what was acknowledged, and after a
 * lost connection sends again, under the same delivery ids, whatever was not.
 *
 * stdin: `stop` ends it once all that was sent is acknowledged. stdout: `acked N`, `stopped 1`.
 */
import type { Socket } from 'node:net';
import { encodeFrame, FrameDecoder, MAX_EMIT_BYTES } from '@waitbus/kernel/frame';
import { connected, Ledger, onCommand, optionsOf, say } from './program.js';

export interface ProducerOptions {
  readonly socket: string;
  readonly name: string;
  readonly ledger: string;
  /** Events in a request. */
  readonly unit: number;
  /** Requests on the way at once. */
  readonly window: number;
  /** Characters of ballast in an event. */
  readonly pad: number;
  /** Every how-manieth event is over the frame cap; 0 for none. */
  readonly largeEvery: number;
  /** Milliseconds between requests; 0 for as fast as they are acknowledged. */
  readonly everyMs: number;
  /** Ends by itself after so many events; 0 for on `stop` only. */
  readonly count: number;
  /** Kills itself after so many acknowledgements, half a request having been sent; 0 for never. */
  readonly dieInsideFrameAfter: number;
}

const LARGE = 70_000;
const SAY_EVERY = 50;

class Producer {
  readonly #options: ProducerOptions;
  readonly #ledger: Ledger;
  #socket: Socket | null = null;
  /** The first number that is not acknowledged, and the first that was not sent on this connection. */
  #acked = 0;
  #next = 0;
  #sent = 0;
  #said = 0;
  #stopping = false;
  #dying = false;

  constructor(options: ProducerOptions) {
    this.#options = options;
    this.#ledger = new Ledger(options.ledger);
    onCommand((word) => {
      if (word !== 'stop') return;
      this.#stopping = true;
      this.#endWhenIdle();
    });
    this.#connect();
    if (options.everyMs > 0) setInterval(() => this.#sendOne(), options.everyMs);
  }

  #connect(): void {
    connected(this.#options.socket, (socket) => {
      this.#socket = socket;
      this.#next = this.#acked;
      const decoder = new FrameDecoder(MAX_EMIT_BYTES);
      socket.on('data', (chunk: Buffer) => {
        for (const body of decoder.push(chunk)) this.#answered(body);
        this.#ledger.flush();
        this.#progress();
      });
      socket.once('close', () => {
        this.#socket = null;
        this.#connect();
      });
      this.#fill();
    });
  }

  #answered(body: Buffer): void {
    const { kind, id, results, code } = JSON.parse(body.toString()) as {
      readonly kind: string;
      readonly id: number;
      readonly results: readonly { readonly event_id: string }[];
      readonly code?: string;
    };
    if (kind !== 'emit_ack' || id !== this.#acked) {
      throw new Error(`${this.#options.name}: ${kind} ${id} ${code} when ${this.#acked} was due`);
    }
    for (const { event_id: eventId } of results) {
      this.#ledger.note(`${this.#options.name} ack ${this.#acked} ${eventId}`);
      this.#acked += 1;
    }
  }

  #progress(): void {
    const { dieInsideFrameAfter: dieAfter } = this.#options;
    if (this.#acked - this.#said >= SAY_EVERY) {
      this.#said = this.#acked;
      say(`acked ${this.#acked}`);
    }
    if (dieAfter > 0 && this.#acked >= dieAfter) this.#dieInsideFrame();
    else this.#fill();
    this.#endWhenIdle();
  }

  #fill(): void {
    if (this.#options.everyMs > 0) {
      // What the last connection took with it goes again at once, in order.
      while (this.#next < this.#sent && this.#send());
    } else while (this.#send());
  }

  #sendOne(): void {
    if (this.#next >= this.#sent) this.#send();
  }

  /** Sends the next request, if there may be one. */
  #send(): boolean {
    const { unit, window, count, name } = this.#options;
    const socket = this.#socket;
    const isNew = this.#next >= this.#sent;
    if (socket === null || this.#dying) return false;
    if (this.#next - this.#acked >= window * unit) return false;
    if (isNew && (this.#stopping || (count > 0 && this.#sent >= count))) return false;
    const request = this.#request(this.#next);
    this.#next += unit;
    if (isNew) {
      this.#sent = this.#next;
      this.#ledger.note(`${name} sent ${this.#sent}`);
      this.#ledger.flush();
    }
    socket.write(request);
    return true;
  }

  #request(first: number): Buffer {
    const { name, unit, pad, largeEvery } = this.#options;
    const events = Array.from({ length: unit }, (_, index) => {
      const n = first + index;
      const large = largeEvery > 0 && n % largeEvery === largeEvery - 1;
      const fields = {
        producer: name,
        n,
        bucket: n % 100,
        ...(unit > 1 ? { unit: first / unit, of: unit } : {}),
        pad: 'x'.repeat(large ? LARGE : pad),
      };
      return { source: 'agent', event_type: 'agent_note', delivery_id: `${name}:${n}`, fields };
    });
    return encodeFrame({ op: 'emit', id: first, events });
  }

  /** The half request is not noted as sent: nothing of it may ever be stored. */
  #dieInsideFrame(): void {
    if (this.#dying) return;
    this.#dying = true;
    const request = this.#request(this.#next);
    const half = request.subarray(0, Math.ceil(request.length / 2));
    this.#socket?.write(half, () => process.kill(process.pid, 'SIGKILL'));
  }

  #endWhenIdle(): void {
    const { count } = this.#options;
    const enough = this.#stopping || (count > 0 && this.#sent >= count);
    if (!enough || this.#acked < this.#sent) return;
    say('stopped 1');
    process.exit(0);
  }
}

new Producer(optionsOf<ProducerOptions>());
