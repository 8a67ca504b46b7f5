/** A bare client for tests: raw frames over the socket, without the client library. */
import { connect, type Socket } from 'node:net';
import { encodeFrame, FrameDecoder } from '@waitbus/kernel/frame';
import { parseJson } from '@waitbus/plugin-sdk/envelope';

export type Frame = Record<string, unknown>;

export class WireClient {
  readonly socket: Socket;
  readonly frames: Frame[] = [];
  /** Resolves when the daemon has ended the connection. */
  readonly closed: Promise<void>;
  readonly #waiting = new Set<() => void>();
  #cursor = 0;
  #ended = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    const decoder = new FrameDecoder(16 * 1024 * 1024);
    socket.on('data', (chunk: Buffer) => {
      for (const body of decoder.push(chunk)) this.frames.push(parseJson(body.toString()) as Frame);
      this.#wake();
    });
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#ended = true;
        this.#wake();
        resolve();
      });
    });
  }

  static open(path: string): Promise<WireClient> {
    return new Promise((resolve, reject) => {
      const socket = connect(path);
      socket.once('error', reject);
      socket.once('connect', () => resolve(new WireClient(socket)));
    });
  }

  send(message: object): void {
    this.socket.write(encodeFrame(message));
  }

  /** The next frame, in order; rejects when the connection ends first. */
  async next(): Promise<Frame> {
    await this.#until(() => this.frames.length > this.#cursor);
    const frame = this.frames[this.#cursor];
    this.#cursor += 1;
    return frame as Frame;
  }

  /** Resolves once this many frames of a kind have come in all. */
  async count(kind: string, wanted: number): Promise<Frame[]> {
    const ofKind = () => this.frames.filter((frame) => frame['kind'] === kind);
    await this.#until(() => ofKind().length >= wanted);
    return ofKind();
  }

  async request(message: object): Promise<Frame> {
    this.send(message);
    return this.next();
  }

  close(): void {
    this.socket.destroy();
  }

  #until(holds: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = () => {
        if (holds()) resolve();
        else if (this.#ended) reject(new Error('the daemon ended the connection'));
        else return;
        this.#waiting.delete(check);
      };
      this.#waiting.add(check);
      check();
    });
  }

  #wake(): void {
    for (const check of [...this.#waiting]) check();
  }
}
