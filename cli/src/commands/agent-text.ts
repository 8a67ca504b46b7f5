/** The text of a message from an argument or from stdin. */
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { MAX_BODY_BYTES } from '../client/message.js';

/**
 * @param given the argument; absent or `-` reads stdin, whose last newline is left out
 * @throws WaitbusError WAITBUS_BAD_MESSAGE
 */
export async function messageText(given: string | undefined): Promise<string> {
  if (given !== undefined && given !== '-') return given;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    // One newline more is left out below.
    if (bytes > MAX_BODY_BYTES + 1) {
      throw new WaitbusError(
        'WAITBUS_BAD_MESSAGE',
        `the text on stdin has over ${MAX_BODY_BYTES} bytes, the most that there may be`,
      );
    }
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    return text.decode(Buffer.concat(chunks)).replace(/\r?\n$/, '');
  } catch {
    throw new WaitbusError('WAITBUS_BAD_MESSAGE', 'the text on stdin is not UTF-8');
  }
}
