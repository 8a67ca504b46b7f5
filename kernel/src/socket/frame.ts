/** The frames of the wire: their format is the SDK's, which speaks it to sources too; the caps are the wire's. */
export {
  encodeFrame,
  encodeText,
  encodeTexts,
  FrameDecoder,
  parseFrame,
} from '@waitbus/plugin-sdk/envelope';

export const MAX_EMIT_BYTES = 16 * 1024 * 1024;
export const MAX_REQUEST_BYTES = 65_536;
