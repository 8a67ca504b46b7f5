/** A unix socket before a real engine's: hands everything on, and hangs up where a test wants it to. */
import { createServer, connect, type Server, type Socket } from 'node:net';
import { rmSync } from 'node:fs';

export class CuttingProxy {
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  /** A connection is cut amid such a text, and sent this instead of the rest; once each. */
  readonly #cutIn: { readonly text: string; readonly instead: string }[] = [];
  cuts = 0;
  /** Of every request that came: `GET /events`. */
  readonly asked: string[] = [];

  private constructor(
    readonly path: string,
    engine: string,
  ) {
    this.#server = createServer((client) => {
      const upstream = connect(engine);
      for (const socket of [client, upstream]) {
        this.#open.add(socket);
        socket
          .on('error', () => undefined)
          .on('close', () => {
            this.#open.delete(socket);
            client.destroy();
            upstream.destroy();
          });
      }
      client.on('data', (chunk) => {
        const line = /^[A-Z]+ [^ ?]+/.exec(chunk.toString('latin1'));
        if (line !== null) this.asked.push(line[0]);
        upstream.write(chunk);
      });
      upstream.on('data', (chunk) => this.#hand(chunk, client, upstream));
    });
  }

  static async listen(path: string, engine: string): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(path, engine);
    await new Promise<void>((resolve) => proxy.#server.listen(path, resolve));
    return proxy;
  }

  cutIn(text: string, instead = ''): void {
    this.#cutIn.push({ text, instead });
  }

  /** Hangs up on everybody. */
  hangUp(): void {
    for (const socket of this.#open) socket.destroy();
  }

  #hand(chunk: Buffer, client: Socket, upstream: Socket): void {
    const [cut] = this.#cutIn;
    const at = cut === undefined ? -1 : chunk.indexOf(cut.text);
    if (cut === undefined || at < 0) {
      client.write(chunk);
      return;
    }
    this.#cutIn.shift();
    this.cuts += 1;
    const half = chunk.subarray(0, at + Math.ceil(cut.text.length / 2));
    // The rest of an HTTP chunk that was begun is the client's to await.
    client.end(Buffer.concat([half, Buffer.from(cut.instead)]));
    upstream.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.hangUp();
    await new Promise((resolve) => this.#server.close(resolve));
    rmSync(this.path, { force: true });
  }
}
