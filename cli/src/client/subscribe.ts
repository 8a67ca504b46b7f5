/** `subscribe`: events as an async iterator that reconnects from its cursor. */
import { absolutePath } from '../working-directory.js';
import { Arming } from './arming.js';
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
  /** Called once nothing can be missed any more: do then what causes the events. */
  readonly onArmed?: () => void;
}

/**
 * Iterates over matching events, each once and in order, across restarts of the daemon. Ends when
 * `signal` is aborted or the loop is left. `cwd` defaults to the working directory.
 * @throws WaitbusError as `stream` does
 */
export async function* subscribe(options: SubscribeOptions = {}): AsyncGenerator<EventFrame> {
  const { onGap, onArmed, ...rest } = options;
  const arming = new Arming(rest.sources ?? []);
  let told = false;
  const request = { ...rest, cwd: absolutePath(rest.cwd) };
  for await (const frame of stream(request, rest)) {
    arming.receive(frame);
    if (arming.armed && !told) {
      told = true;
      onArmed?.();
    }
    if (frame.kind === 'event') yield frame;
    else if (frame.kind === 'gap') onGap?.(frame);
  }
}
