/**
 * A subscriber that only notes the event_ids, without parsing frames: so that sixty of them in one
 * process read faster than the daemon writes.
 */
import { connect, type Socket } from 'node:net';
import { encodeFrame, FrameDecoder } from '@waitbus/kernel/frame';

const EVENT_ID = /^\{"kind":"(?:event|truncated)","event_id":"([0-9A-Z]{26})"/;

export class Listener {
  readonly socket: Socket;
  readonly eventIds: string[] = [];
  /** Resolves with the first control frame: the acknowledgement. */
  readonly acknowledged: Promise<string>;
  #wanted = Infinity;
  #arrived: () => void = () => undefined;

  constructor(path: string, request: object = {}) {
    this.socket = connect(path);
    this.socket.on('error', () => undefined);
    this.socket.write(encodeFrame(request));
    const decoder = new FrameDecoder(65_536);
    this.acknowledged = new Promise((resolve) => {
      this.socket.on('data', (chunk: Buffer) => {
        for (const body of decoder.push(chunk)) {
          const id = EVENT_ID.exec(body.toString('latin1', 0, 70))?.[1];
          if (id === undefined) resolve(body.toString());
          else this.eventIds.push(id);
        }
        if (this.eventIds.length >= this.#wanted) this.#arrived();
      });
    });
  }

  /** Resolves once this many events have come; one call at a time. */
  async count(wanted: number): Promise<readonly string[]> {
    if (this.eventIds.length < wanted) {
      await new Promise<void>((resolve) => {
        this.#wanted = wanted;
        this.#arrived = resolve;
      });
    }
    return this.eventIds;
  }

  close(): void {
    this.socket.destroy();
  }
}
