/**
 * Subscribers, one or thousands: note every frame that carries an event or a promise, and resume
 * from their own cursor after a lost connection.
 *
 * stdin: `until EVENT_ID` ends each once it is there, `reconnect` drops all connections at once.
 * stdout: `ready ROUND` when all are acknowledged for the ROUND-th time, `done 1` when all have ended.
 */
import type { Socket } from 'node:net';
import { encodeFrame, FrameDecoder, MAX_EMIT_BYTES } from '@waitbus/kernel/frame';
import { authorOf, connected, Ledger, onCommand, optionsOf, say, type Author } from './program.js';

export interface SubscriberOptions {
  readonly socket: string;
  readonly name: string;
  readonly ledger: string;
  /** How many subscribers this process is; their names are numbered when it is several. */
  readonly copies: number;
  /** Every how-manieth copy does not resume when told to reconnect but begins anew; 0 for none. */
  readonly freshEvery: number;
  /** Predicates that all must hold; `%` in them stands for the copy's number, modulo 100. */
  readonly match: readonly string[];
  /** Lists of predicates of which one must hold, likewise. */
  readonly anyOf: readonly (readonly string[])[];
  /** Where each begins; null for live. */
  readonly since: string | null;
  /** Rests so long after each piece read, in milliseconds. */
  readonly restMs: number;
}

interface EventFrame {
  readonly kind: string;
  readonly event_id: string;
  readonly after: string;
  readonly floor: string;
  readonly head: string;
  readonly fields?: Author;
}

const options = optionsOf<SubscriberOptions>();
const ledger = new Ledger(options.ledger);

class Subscriber {
  readonly #index: number;
  #life = 0;
  #socket: Socket | null = null;
  #cursor: string | null = null;
  #until: string | null = null;
  #fresh = true;
  acknowledged = false;
  done = false;

  constructor(index: number) {
    this.#index = index;
    this.#begin();
  }

  reconnect(): void {
    const { freshEvery } = options;
    this.acknowledged = false;
    this.#fresh = freshEvery > 0 && this.#index % freshEvery === 0;
    if (this.#socket === null) return;
    this.#socket.destroy();
  }

  endAt(eventId: string): void {
    this.#until = eventId;
    this.#endWhenThere();
  }

  get #name(): string {
    const { name, copies } = options;
    const copy = copies > 1 ? `${name}-${this.#index}` : name;
    return this.#life > 1 ? `${copy}.${this.#life}` : copy;
  }

  get #wants(): { readonly match: string[]; readonly any_of: string[][] } {
    const own = (spec: string) => spec.replace('%', String(this.#index % 100));
    return { match: options.match.map(own), any_of: options.anyOf.map((specs) => specs.map(own)) };
  }

  #begin(): void {
    if (this.#fresh) this.#newLife();
    this.#fresh = false;
    connected(options.socket, (socket) => this.#subscribe(socket));
  }

  #newLife(): void {
    this.#life += 1;
    this.#cursor = options.since;
    this.#note('wants', JSON.stringify({ ...this.#wants, since: options.since }));
  }

  #subscribe(socket: Socket): void {
    this.#socket = socket;
    const since = this.#cursor === null ? {} : { since: this.#cursor };
    socket.write(encodeFrame({ op: 'subscribe', ...this.#wants, errors: true, ...since }));
    const decoder = new FrameDecoder(MAX_EMIT_BYTES);
    socket.on('data', (chunk: Buffer) => {
      for (const body of decoder.push(chunk)) this.#receive(body);
      ledger.flush();
      this.#endWhenThere();
      this.#rest(socket);
    });
    socket.once('close', () => {
      this.#socket = null;
      if (this.done) return;
      this.#note('lost', '');
      ledger.flush();
      this.#begin();
    });
  }

  #receive(body: Buffer): void {
    const frame = JSON.parse(body.toString()) as EventFrame;
    switch (frame.kind) {
      case 'event':
      case 'truncated': {
        this.#cursor = frame.event_id;
        this.#note('event', `${frame.event_id} ${authorOf(frame.fields)}`);
        break;
      }
      case 'subscribe_ack':
        this.#cursor ??= frame.head;
        this.#note('ack', frame.head);
        this.acknowledged = true;
        tellReady();
        break;
      case 'gap':
        this.#cursor = frame.floor;
        this.#note('gap', `${frame.after} ${frame.floor}`);
        break;
      case 'caught_up':
        if (this.#cursor === null || frame.head > this.#cursor) this.#cursor = frame.head;
        this.#note('caught', frame.head);
        break;
      case 'daemon_heartbeat':
        break;
      default:
        throw new Error(`${this.#name}: ${body.toString()}`);
    }
  }

  #rest(socket: Socket): void {
    if (options.restMs === 0 || this.#until !== null) return;
    socket.pause();
    setTimeout(() => socket.resume(), options.restMs);
  }

  #endWhenThere(): void {
    if (this.done || this.#until === null || this.#cursor === null) return;
    if (this.#cursor < this.#until) return;
    this.done = true;
    this.#note('done', this.#until);
    ledger.flush();
    this.#socket?.destroy();
    tellDone();
  }

  #note(what: string, rest: string): void {
    ledger.note(`${this.#name} ${what} ${rest}`);
  }
}

let round = 1;
const subscribers = Array.from({ length: options.copies }, (_, index) => new Subscriber(index));

function tellReady(): void {
  if (!subscribers.every(({ acknowledged }) => acknowledged)) return;
  ledger.flush();
  say(`ready ${round}`);
}

function tellDone(): void {
  if (!subscribers.every(({ done }) => done)) return;
  say('done 1');
  process.exit(0);
}

onCommand((word, rest) => {
  if (word === 'until') for (const subscriber of subscribers) subscriber.endAt(rest);
  if (word !== 'reconnect') return;
  round += 1;
  for (const subscriber of subscribers) subscriber.reconnect();
});
