/** What a harness writes into a hook's stdin, within bounds of size and time. */
import type { Readable } from 'node:stream';
import { isObject } from '@waitbus/plugin-sdk/envelope';

/** A hook after an edit is told all of the file. */
export const MAX_INPUT_BYTES = 16 * 1024 * 1024;
/** A harness writes at once. */
export const INPUT_LIMIT_MS = 1000;
/** One that leaves stdin open has said all when it has been silent for so long, if that is whole. */
const QUIET_MS = 50;

export interface InputLimits {
  readonly bytes: number;
  readonly milliseconds: number;
}

const LIMITS: InputLimits = { bytes: MAX_INPUT_BYTES, milliseconds: INPUT_LIMIT_MS };

/**
 * Ends with the input, when what came is whole and nothing follows, or when the time is up.
 * @returns null for what is no JSON object, or too large
 */
export function readInput(
  stdin: Readable & { readonly isTTY?: boolean },
  limits: InputLimits = LIMITS,
): Promise<Record<string, unknown> | null> {
  if (stdin.isTTY === true) return Promise.resolve(null);
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let quiet: NodeJS.Timeout | undefined;
    const said = () => (bytes > limits.bytes ? null : parse(Buffer.concat(chunks)));
    const finish = (value = said()) => {
      clearTimeout(timer);
      clearTimeout(quiet);
      resolve(value);
    };
    const timer = setTimeout(() => finish(), limits.milliseconds);
    const whole = () => {
      const value = said();
      if (value !== null) finish(value);
    };
    stdin.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= limits.bytes) chunks.push(chunk);
      else chunks.length = 0;
      clearTimeout(quiet);
      quiet = setTimeout(whole, QUIET_MS);
    });
    stdin.once('end', () => finish());
    stdin.once('error', () => finish());
  });
}

function parse(bytes: Buffer): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8').replace(/^\ufeff/, ''));
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}
