/**
 * The channel between the host and a source's process: messages as frames over one duplex pipe. Both
 * ends use it; what a message means is theirs. Memory stays bounded: a frame has a cap, and who reads
 * can hold the other end back.
 */
import type { Socket } from 'node:net';
import { encodeFrame, FrameDecoder, WaitbusError } from '../envelope/index.js';

/** The descriptor of the pipe in a source's process. */
export const CHANNEL_FD = 3;

/** A frame's cap: a payload may have 10 MiB, and the rest of an event fits beside it. */
export const MAX_MESSAGE_BYTES = 12 * 1024 * 1024;

/** What Node reads at most at once. A pipe that has more than that has more than its turn's worth. */
const FULL_CHUNK_BYTES = 65_536;

export interface ChannelEvents {
  /** A JSON object that came in, and the size of its frame. */
  readonly onMessage: (message: Record<string, unknown>, bytes: number) => void;
  /** What came is no frame; nothing is read after it. */
  readonly onBroken: (reason: string) => void;
  /** The other end is gone, and all that it sent was handed over. Called once. */
  readonly onClose: () => void;
}

export interface ChannelOptions {
  /** While more than this waits to be read by the other end, nothing is read from it. */
  readonly maxBacklogBytes?: number;
}

export class FramedChannel {
  readonly #socket: Socket;
  readonly #events: ChannelEvents;
  readonly #maxBacklogBytes: number;
  readonly #decoder = new FrameDecoder(MAX_MESSAGE_BYTES, { partPath: ['event', 'payload'] });
  #broken = false;
  #held = false;
  /** It had its turn; others have theirs before it is read on. */
  #resting = false;
  #corked = false;

  constructor(socket: Socket, events: ChannelEvents, options: ChannelOptions = {}) {
    this.#socket = socket;
    this.#events = events;
    this.#maxBacklogBytes = options.maxBacklogBytes ?? Infinity;
    socket.on('data', (chunk: Buffer) => {
      if (chunk.length >= FULL_CHUNK_BYTES) this.#rest();
      this.#read(chunk);
    });
    socket.on('drain', () => this.#goOn());
    // A reset is an end like any other; 'close' follows.
    socket.on('error', () => undefined);
    socket.once('close', () => events.onClose());
  }

  /**
   * Sends a message; what one turn sends leaves in one write. A pipe that is gone takes it silently.
   * @throws WaitbusError WAITBUS_BAD_EVENT when it is too large, TypeError when it is no JSON
   */
  send(message: object): void {
    const frame = encodeFrame(message);
    if (frame.length > MAX_MESSAGE_BYTES) {
      throw new WaitbusError(
        'WAITBUS_BAD_EVENT',
        `${frame.length} bytes are more than the ${MAX_MESSAGE_BYTES} of one message`,
      );
    }
    if (!this.#socket.writable) return;
    this.#cork();
    this.#socket.write(frame);
    if (this.#isBehind()) this.#socket.pause();
  }

  /** Reads nothing until `release`: what the other end sends fills the pipe, then its own memory. */
  hold(): void {
    this.#held = true;
    this.#socket.pause();
  }

  release(): void {
    this.#held = false;
    this.#goOn();
  }

  /** Writes what is left, then ends. */
  end(done: () => void): void {
    this.#socket.end(done);
  }

  /** Ends at once, without another byte. */
  destroy(): void {
    this.#broken = true;
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    if (this.#broken) return;
    const bodies = this.#decoder.push(chunk);
    for (;;) {
      let body: Buffer;
      let message: Record<string, unknown>;
      try {
        const next = bodies.next();
        if (next.done === true) return;
        body = next.value;
        message = this.#decoder.parse(body);
      } catch (error) {
        this.#broken = true;
        this.#events.onBroken((error as Error).message);
        return;
      }
      this.#events.onMessage(message, body.length);
      // A listener may have ended the channel.
      if (this.#broken) return;
    }
  }

  #rest(): void {
    this.#resting = true;
    this.#socket.pause();
    setImmediate(() => {
      this.#resting = false;
      this.#goOn();
    });
  }

  #goOn(): void {
    if (!this.#held && !this.#resting && !this.#isBehind()) this.#socket.resume();
  }

  #isBehind(): boolean {
    return this.#socket.writableLength > this.#maxBacklogBytes;
  }

  #cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#socket.cork();
    process.nextTick(() => {
      this.#corked = false;
      this.#socket.uncork();
    });
  }
}
