/** `subscribe`: events as an async iterator that reconnects from its cursor. */
import {
  stream,
  type EventFrame,
  type GapFrame,
  type StreamOptions,
  type StreamRequest,
} from './stream.js';

export interface SubscribeOptions extends StreamRequest, StreamOptions {
  /** Retention removed events after the cursor; iteration goes on from `floor`. */
  readonly onGap?: (gap: GapFrame) => void;
}

/**
 * Iterates over matching events, each once and in order, across restarts of the daemon. Ends when
 * `signal` is aborted or the loop is left. `cwd` defaults to the working directory.
 * @throws WaitbusError as `stream` does
 */
export async function* subscribe(options: SubscribeOptions = {}): AsyncGenerator<EventFrame> {
  const { onGap, ...rest } = options;
  for await (const frame of stream({ cwd: process.cwd(), ...rest }, rest)) {
    if (frame.kind === 'event') yield frame;
    else if (frame.kind === 'gap') onGap?.(frame);
  }
}
