/** The frames of the wire: their format is the SDK's, which speaks it to sources too; the caps are the wire's. */
import type { PartPath } from '@waitbus/plugin-sdk/envelope';

export {
  encodeAround,
  encodeFrame,
  encodeText,
  encodeTexts,
  FrameDecoder,
  parseFrame,
  SCANNED_BYTES,
} from '@waitbus/plugin-sdk/envelope';

export const MAX_EMIT_BYTES = 16 * 1024 * 1024;
export const MAX_REQUEST_BYTES = 65_536;

/** What stays text in a large `emit`. */
export const PAYLOADS: PartPath = ['events', null, 'payload'];
/** What large frames that have not come in whole may take together. */
export const MAX_UNFINISHED_BYTES = 64 * 1024 * 1024;
/** What such a frame has to come in while others wait for its room, in milliseconds. */
export const UNFINISHED_GRACE_MS = 10_000;
