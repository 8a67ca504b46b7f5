/** Bare bytes over a socket, for what WireClient is too well-behaved to send, and how it ended. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface Exchange {
  readonly bytes: Buffer;
  /** `eof`: the daemon closed in order. Otherwise the code of the socket error, ECONNRESET say. */
  readonly ended: string;
}

export class RawClient {
  readonly socket: Socket;
  /** Everything received until the daemon ended the connection. */
  readonly ended: Promise<Exchange>;
  readonly #chunks: Buffer[] = [];

  constructor(path: string) {
    this.socket = connect({ path, allowHalfOpen: true });
    this.socket.on('data', (chunk: Buffer) => this.#chunks.push(chunk));
    this.ended = new Promise((resolve) => {
      const done = (ended: string) => {
        this.socket.destroy();
        resolve({ bytes: Buffer.concat(this.#chunks), ended });
      };
      this.socket.once('end', () => done('eof'));
      this.socket.once('error', (error: NodeJS.ErrnoException) => done(error.code ?? 'error'));
    });
  }
}

/** Sends bytes and reads until the daemon ends the connection. */
export function exchange(path: string, bytes: Buffer): Promise<Exchange> {
  const client = new RawClient(path);
  client.socket.write(bytes);
  return client.ended;
}

/** A frame around any body. */
export function framed(body: Buffer | string): Buffer {
  const bytes = Buffer.from(body);
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32BE(bytes.length);
  return Buffer.concat([prefix, bytes]);
}

/** Sends bytes, says that no more come, and reads what there is until the daemon ends. */
export async function talk(path: string, bytes: Buffer): Promise<void> {
  const socket = connect(path);
  socket.on('error', () => undefined);
  socket.resume();
  socket.end(bytes);
  await once(socket, 'close');
}
