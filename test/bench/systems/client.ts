/** What the programs of the benchmark need of a system: to produce and to subscribe. */

export interface ProducerOptions {
  /** Where the broker listens. */
  readonly address: string;
  /** How many events one request carries; only waitbus knows more than one. */
  readonly perRequest: number;
  /** Called with how many more events are acknowledged as durable. */
  readonly onAcknowledged: (events: number) => void;
}

export interface Producer {
  /** Sends events at once, in one write where the client has a way to. */
  send(events: readonly string[]): void;
  close(): void;
}

export interface SubscriberOptions {
  readonly address: string;
  /** `now`, `start` for all that is stored as well, or the event_id to go on after. */
  readonly from: string;
  /** Predicates of waitbus; the peers have none. */
  readonly match: readonly string[];
  readonly onEvent: (bytes: Buffer) => void;
}

export interface Subscriber {
  close(): void;
}

export interface Client {
  produce(options: ProducerOptions): Promise<Producer>;
  /** Resolves once nothing that is sent from now on can be missed. */
  subscribe(options: SubscriberOptions): Promise<Subscriber>;
}

/** Resolves when a socket is connected; from then on its errors are thrown. */
export function connected(socket: NodeJS.EventEmitter): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve();
    });
  });
}
