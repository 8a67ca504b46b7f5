/**
 * Large JSON that is parsed only in part: what is built is bounded, and free-form parts of it stay
 * the bytes that came.
 */
import { isUtf8 } from 'node:buffer';
import { isObject } from './is-object.js';
import { parseJson } from './json.js';
import type { PartPath } from './json-parts.js';
import type { JsonScan } from './json-scan.js';
import { WaitbusError } from './waitbus-error.js';

/** Larger texts are scanned. What can be built of less takes a few milliseconds at the worst. */
export const SCANNED_BYTES = 64 * 1024;

/** A value that was not built: well-formed JSON in UTF-8. */
export class JsonText {
  readonly bytes: Buffer;
  /** Its size in the form that JSON.stringify writes, about. */
  readonly plainBytes: number;

  constructor(bytes: Buffer, plainBytes: number) {
    this.bytes = bytes;
    this.plainBytes = plainBytes;
  }
}

/** Stands in the text for a part. Whoever sends one gets a part of what was sent with it. */
const MARK = '\u0001part ';

/**
 * @param scan was told of the whole body
 * @param path as the scan was made with
 * @returns the object; a JsonText stands in it for each part. It shares memory with the body.
 * @throws WaitbusError WAITBUS_BAD_FRAME when it is not one UTF-8 JSON object, WAITBUS_BAD_REQUEST
 * when it is over a limit of what may be built
 */
export function parseScanned(
  body: Buffer,
  scan: JsonScan,
  path: PartPath,
): Record<string, unknown> {
  const value = parseParts(body, scan, path);
  if (!isObject(value)) throw new WaitbusError('WAITBUS_BAD_FRAME', 'not a JSON object');
  return value;
}

/** The same of any value. */
export function parseParts(body: Buffer, scan: JsonScan, path: PartPath): unknown {
  const parts = scan.finish();
  if (!isUtf8(body)) throw new WaitbusError('WAITBUS_BAD_FRAME', 'not JSON: not UTF-8');
  const texts: JsonText[] = [];
  let text = '';
  let copied = 0;
  for (const { start, end, plainBytes } of parts) {
    text += body.toString('utf8', copied, start) + JSON.stringify(MARK + String(texts.length));
    texts.push(new JsonText(body.subarray(start, end), plainBytes));
    copied = end;
  }
  const value = parseJson(text + body.toString('utf8', copied));
  if (texts.length > 0) place(value, path, texts);
  return value;
}

/** Puts the parts where their marks are. */
function place(value: unknown, [step, ...rest]: PartPath, texts: readonly JsonText[]): void {
  if (step === null) {
    if (Array.isArray(value)) for (const member of value) place(member, rest, texts);
    return;
  }
  if (step === undefined || !isObject(value) || !Object.hasOwn(value, step)) return;
  if (rest.length > 0) {
    place(value[step], rest, texts);
    return;
  }
  const mark = value[step];
  if (typeof mark !== 'string' || !mark.startsWith(MARK)) return;
  const text = texts[Number(mark.slice(MARK.length))];
  if (text !== undefined) value[step] = text;
}
