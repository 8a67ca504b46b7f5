/**
 * One accepted connection: bytes in, requests dispatched, bytes out. It is a Sink for its
 * subscriptions. What a request means is in `commands/`.
 */
import type { Socket } from 'node:net';
import { asWaitbusError, stringifyJson, WaitbusError } from '@waitbus/plugin-sdk/envelope';
import type { Sink } from '../bus/subscription.js';
import {
  encodeTexts,
  FrameDecoder,
  MAX_EMIT_BYTES,
  MAX_REQUEST_BYTES,
  PAYLOADS,
  SCANNED_BYTES,
} from './frame.js';
import type { FrameOwner, FrameRoom } from './frame-room.js';

export type Request = Readonly<Record<string, unknown>>;

/** How long a peer may take to read what is left for it, in milliseconds. */
const LAST_READ_MS = 30_000;
/** How long it may then take to close its side. */
const LINGER_MS = 1000;

const NOTHING = Buffer.alloc(0);
const MAX_ID_CHARACTERS = 256;

export interface ConnectionHandlers {
  /** Carries out a request; what it throws becomes an `error` frame. */
  readonly onRequest: (connection: Connection, request: Request, bytes: number) => void;
  /** The socket has room again. */
  readonly onDrain: (connection: Connection) => void;
  readonly onClose: (connection: Connection) => void;
  readonly onViolation: (connection: Connection, error: WaitbusError) => void;
}

export function errorFrame(id: unknown, error: WaitbusError): object {
  const { code, message, remedy } = error;
  return { kind: 'error', id: id ?? null, code, message, remedy };
}

/** An id is echoed in a later turn, so it must be cheap and certain to encode. */
function isId(id: unknown): boolean {
  if (typeof id === 'string') return id.length <= MAX_ID_CHARACTERS;
  return id === undefined || id === null || typeof id === 'number' || typeof id === 'bigint';
}

export class Connection implements Sink, FrameOwner {
  readonly #socket: Socket;
  readonly #handlers: ConnectionHandlers;
  readonly #room: FrameRoom;
  readonly #decoder = new FrameDecoder(MAX_EMIT_BYTES, {
    partPath: PAYLOADS,
    mayBegin: (bytes) => this.#mayBegin(bytes),
  });
  /** Its next frame waits for room. */
  #waits = false;
  /**
   * The subscribe side of protocol 1 promises a silent end on a malformed first frame; a peer that
   * has spoken an `op` gets its errors as frames.
   */
  speaksOps = false;
  #ended = false;
  #peerEnded = false;
  /** Answers of this turn as JSON: they leave in one write. */
  #answers: string[] = [];
  /** Requests whose answer comes in a later turn. */
  #unanswered = 0;

  constructor(socket: Socket, room: FrameRoom, handlers: ConnectionHandlers) {
    this.#socket = socket;
    this.#room = room;
    this.#handlers = handlers;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('drain', () => {
      this.#goOn();
      handlers.onDrain(this);
    });
    // The peer sends no more: what it asked is still answered, then this side ends too.
    socket.on('end', () => {
      this.#peerEnded = true;
      if (this.#unanswered === 0) this.end();
    });
    // A reset is an end like any other; 'close' follows.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#ended = true;
      room.leave(this);
      handlers.onClose(this);
    });
  }

  write(bytes: Buffer): boolean {
    if (this.#ended) return true;
    this.flush();
    return this.#socket.write(bytes);
  }

  /** Sends the answers that were queued. */
  flush(): void {
    const answers = this.#answers;
    if (answers.length === 0) return;
    this.#answers = [];
    if (!this.#ended) this.#socket.write(encodeTexts(answers));
  }

  /** Sends a frame now. */
  send(message: object): void {
    this.sendText(stringifyJson(message));
  }

  /** Sends a frame that is JSON already. */
  sendText(json: string): void {
    this.#answers.push(json);
    this.flush();
  }

  sendError(id: unknown, error: WaitbusError): void {
    this.send(errorFrame(id, error));
  }

  fail(error: WaitbusError): void {
    this.sendError(null, error);
    this.end();
  }

  /** Says that an answer will come later; the returned function must be called with its JSON. */
  owe(): (answer: string) => void {
    this.#unanswered += 1;
    return (answer) => {
      this.#unanswered -= 1;
      this.#answers.push(answer);
      if (this.#unanswered > 0) return;
      this.flush();
      if (this.#peerEnded) this.end();
    };
  }

  /** Ends with a clean EOF: what the peer still sends is read and dropped until it closes. */
  end(): void {
    if (this.#ended) return;
    this.flush();
    this.#ended = true;
    this.#decoder.discard();
    this.#room.leave(this);
    const destroyIn = (milliseconds: number) =>
      setTimeout(() => this.#socket.destroy(), milliseconds).unref();
    let timer = destroyIn(LAST_READ_MS);
    this.#socket.once('close', () => clearTimeout(timer));
    this.#socket.end(() => {
      clearTimeout(timer);
      if (!this.#socket.closed) timer = destroyIn(LINGER_MS);
    });
    this.#socket.resume();
  }

  /** Its large frame may begin now, perhaps. */
  resume(): void {
    if (!this.#waits || this.#ended) return;
    this.#waits = false;
    this.#goOn();
  }

  /** Its frame did not come in while others waited for room. */
  evict(): void {
    // Only an emit may be so large.
    this.speaksOps = true;
    this.#violated(new WaitbusError('WAITBUS_BAD_FRAME', 'a large frame did not come in in time'));
  }

  #mayBegin(bytes: number): boolean {
    this.#waits = !this.#room.take(this, bytes);
    return !this.#waits;
  }

  /**
   * A peer that does not read its answers is not asked for more and what it sent waits, so that
   * memory stays bounded: one answer may be large.
   */
  #receive(chunk: Buffer): void {
    if (this.#ended) return;
    try {
      for (const body of this.#decoder.push(chunk)) {
        this.#dispatch(body);
        if (this.#ended) return;
        if (this.#socket.writableNeedDrain) break;
      }
    } catch (cause) {
      const error = asWaitbusError(cause);
      if (error.fatal) {
        this.#violated(error);
        return;
      }
      this.sendError(null, error);
      // What came behind it is looked at as if it came now.
      this.#receive(NOTHING);
    }
    if (this.#socket.writableNeedDrain || this.#waits) this.#socket.pause();
  }

  /** Carries out what waited for the peer to read, then reads on. */
  #goOn(): void {
    if (!this.#socket.isPaused() || this.#waits) return;
    this.#receive(NOTHING);
    if (!this.#socket.writableNeedDrain && !this.#waits) this.#socket.resume();
  }

  #dispatch(body: Buffer): void {
    if (body.length > SCANNED_BYTES) this.#room.leave(this);
    const request = this.#decoder.parse(body);
    if (body.length > MAX_REQUEST_BYTES && request['op'] !== 'emit') {
      throw new WaitbusError(
        'WAITBUS_BAD_FRAME',
        `a request of ${body.length} bytes; only emit may pass ${MAX_REQUEST_BYTES}`,
      );
    }
    if (request['op'] !== undefined && request['op'] !== 'subscribe') this.speaksOps = true;
    const { id } = request;
    try {
      if (this.speaksOps && !isId(id)) {
        throw new WaitbusError('WAITBUS_BAD_REQUEST', 'id must be a number or a short text');
      }
      this.#handlers.onRequest(this, request, body.length);
    } catch (cause) {
      const error = asWaitbusError(cause);
      this.sendError(isId(id) ? id : null, error);
      if (error.fatal) this.end();
    }
  }

  #violated(error: WaitbusError): void {
    this.#handlers.onViolation(this, error);
    if (this.speaksOps) this.fail(error);
    else this.end();
  }
}
