/**
 * A stand-in for the daemon that speaks only what the plugin needs: it records requests and
 * acknowledges them, or misbehaves in one of the ways a real daemon would have to be forced into.
 */
import { EventEmitter, once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';

/**
 * `serve` acknowledges; `mute` accepts and never reads; `deaf` reads and never answers; `garbage`
 * answers with bytes that are no frame; `refuse` answers every emit with an error.
 */
export type Manner = 'serve' | 'mute' | 'deaf' | 'garbage' | 'refuse';

export interface Envelope {
  readonly source: string;
  readonly event_type: string;
  readonly delivery_id: string;
  readonly summary: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly ingest_method: string;
  readonly received_at: number;
}

export interface Request {
  readonly op: string;
  readonly id: number;
  readonly events?: readonly Envelope[];
  readonly name?: string;
  readonly will?: Envelope;
}

export class FakeDaemon {
  readonly requests: Request[] = [];
  /** How many connections were made. */
  connections = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #changes = new EventEmitter();

  private constructor(
    private readonly manner: Manner,
    server: Server,
  ) {
    this.#server = server;
    server.on('connection', (socket) => this.#accept(socket));
  }

  static async listen(runtimeDir: string, manner: Manner = 'serve'): Promise<FakeDaemon> {
    const server = createServer({ pauseOnConnect: manner === 'mute' });
    const daemon = new FakeDaemon(manner, server);
    server.listen(join(runtimeDir, 'broadcast.sock'));
    await once(server, 'listening');
    return daemon;
  }

  get events(): Envelope[] {
    return this.requests.flatMap((request) => request.events ?? []);
  }

  ops(): string[] {
    return this.requests.map((request) => request.op);
  }

  /** The first event, of the past or to come, that `test` holds for. */
  async event(test: (event: Envelope) => boolean): Promise<Envelope> {
    for (;;) {
      const found = this.events.find(test);
      if (found !== undefined) return found;
      await this.#change('request');
    }
  }

  /** Resolves once every connection so far has ended. */
  async disconnected(): Promise<void> {
    while (this.connections === 0 || this.#sockets.size > 0) await this.#change('end');
  }

  /** Goes away: the connections close, and the socket is no more. */
  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** The next change, or a failure rather than a hang when it never comes. */
  async #change(what: 'request' | 'end'): Promise<void> {
    await once(this.#changes, what, { signal: AbortSignal.timeout(90_000) });
  }

  #accept(socket: Socket): void {
    this.connections += 1;
    this.#sockets.add(socket);
    let buffered = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#changes.emit('end');
    });
    socket.on('data', (data: Buffer) => {
      buffered = Buffer.concat([buffered, data]);
      while (buffered.length >= 4 && buffered.length >= 4 + buffered.readUInt32BE(0)) {
        const end = 4 + buffered.readUInt32BE(0);
        const request = JSON.parse(buffered.subarray(4, end).toString()) as Request;
        buffered = buffered.subarray(end);
        this.requests.push(request);
        this.#answer(socket, request);
        this.#changes.emit('request');
      }
    });
  }

  #answer(socket: Socket, { op, id }: Request): void {
    switch (this.manner) {
      case 'mute':
      case 'deaf':
        return;
      case 'garbage':
        socket.write('HTTP/1.1 400 Bad Request\r\n\r\n');
        return;
      case 'refuse':
      case 'serve':
        if (op === 'attach') socket.write(frame({ kind: 'attached', id }));
        if (op !== 'emit') return;
        socket.write(
          this.manner === 'serve'
            ? frame({ kind: 'emit_ack', id, results: [{ event_id: '0', inserted: true }] })
            : frame({ kind: 'error', id, code: 'WAITBUS_STORE_FULL', message: 'no room' }),
        );
    }
  }
}

function frame(reply: object): Buffer {
  const body = Buffer.from(JSON.stringify(reply));
  const head = Buffer.alloc(4);
  head.writeUInt32BE(body.length);
  return Buffer.concat([head, body]);
}
