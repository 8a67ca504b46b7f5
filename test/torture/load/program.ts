/**
 * What the load programs share: their options, the words that come on stdin, what they say on
 * stdout, the ledger, and connecting to a daemon that may be away for now.
 */
import { openSync, writeSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

/** How long before another try to connect, in milliseconds. */
const RETRY_MS = 10;

/** The options, given by the stage as one JSON argument. */
export function optionsOf<T>(): T {
  return JSON.parse(process.argv[2] ?? '{}') as T;
}

export function say(line: string): void {
  writeSync(1, `${line}\n`);
}

export function onCommand(handle: (word: string, rest: string) => void): void {
  createInterface({ input: process.stdin }).on('line', (line) => {
    const [word = '', rest = ''] = line.split(' ');
    handle(word, rest);
  });
}

/** Appends lines; what was flushed outlives a SIGKILL of this process. */
export class Ledger {
  readonly #fd: number;
  #lines: string[] = [];

  constructor(file: string) {
    this.#fd = openSync(file, 'a');
  }

  note(line: string): void {
    this.#lines.push(line);
  }

  flush(): void {
    if (this.#lines.length === 0) return;
    writeSync(this.#fd, `${this.#lines.join('\n')}\n`);
    this.#lines = [];
  }
}

/** Connects, and tries again for as long as nobody listens. */
export function connected(path: string, use: (socket: Socket) => void): void {
  const socket = connect(path);
  const again = () => setTimeout(() => connected(path, use), RETRY_MS);
  socket.once('error', again);
  socket.once('connect', () => {
    socket.removeListener('error', again);
    // A reset is an end like any other; 'close' follows.
    socket.on('error', () => undefined);
    use(socket);
  });
}

/** The fields by which an event says who made it. */
export interface Author {
  readonly producer?: string;
  readonly n?: number;
  readonly will?: string;
}

/** Who made an event, as a ledger has it; a `truncated` frame does not say. */
export function authorOf(fields: Author = {}): string {
  const { producer = '-', n = '-', will } = fields;
  return will === undefined ? `${producer} ${n}` : `will ${will}`;
}
