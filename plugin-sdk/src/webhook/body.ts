/**
 * Reads a request's body into memory, by the bytes that really come: up to a limit, within a time,
 * and within what all requests together may hold.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Refusal } from './refusal.js';

export interface BodyLimits {
  readonly bodyLimit: number;
  readonly bodyTimeoutMs: number;
}

/** All bodies together hold at most this many times the limit of one. */
const BODIES_AT_ONCE = 8;

/** The bytes that the requests under way hold. */
export class Held {
  readonly #limit: number;
  #bytes = 0;

  constructor(bodyLimit: number) {
    this.#limit = bodyLimit * BODIES_AT_ONCE;
  }

  /** @returns false when there is no room for them */
  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.#limit) return false;
    this.#bytes += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#bytes -= bytes;
  }
}

/**
 * @param outgoing what is held is given back when it closes
 * @throws Refusal 413, 408 or 503; an Error when the sender went away
 */
export function readBody(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { bodyLimit, bodyTimeoutMs }: BodyLimits,
  held: Held,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let taken = 0;
    const settle = (error: Error | null) => {
      clearTimeout(timer);
      incoming.off('data', onData).off('end', onEnd).off('close', onClose);
      if (error === null) return resolve(Buffer.concat(chunks, size));
      chunks.length = 0;
      reject(error);
    };
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      if (size > bodyLimit) {
        discard(incoming, bodyLimit);
        settle(new Refusal(413, 'body_too_large', `a body may have ${bodyLimit} bytes`));
      } else if (held.take(chunk.length)) {
        taken += chunk.length;
        chunks.push(chunk);
      } else {
        discard(incoming, bodyLimit);
        settle(new Refusal(503, 'overloaded', 'too many bodies at once', { 'retry-after': '1' }));
      }
    };
    const onEnd = () => settle(null);
    const onClose = () => settle(new Error('the sender went away'));
    const timer = setTimeout(
      () =>
        settle(
          new Refusal(408, 'timeout', `the body took over ${bodyTimeoutMs} ms`, {
            connection: 'close',
          }),
        ),
      bodyTimeoutMs,
    );
    outgoing.once('close', () => held.give(taken));
    incoming
      .on('data', onData)
      .on('end', onEnd)
      .on('close', onClose)
      .on('error', () => undefined);
  });
}

/**
 * A sender reads the answer only once it has sent its body, so the rest is read and forgotten; one
 * that goes on for as much again is cut off.
 */
function discard(incoming: IncomingMessage, limit: number): void {
  let discarded = 0;
  incoming.on('data', (chunk: Buffer) => {
    discarded += chunk.length;
    if (discarded > limit) incoming.socket.destroy();
  });
  incoming.resume();
}
