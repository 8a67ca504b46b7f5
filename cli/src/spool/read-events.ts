/**
 * A spooled file as events, read as a stream: a slice of it is in memory at a time, and the daemon
 * goes on between two of them. The file's own content names its events, so one that is taken in
 * twice counts once.
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  isObject,
  JsonScan,
  parseJson,
  parseParts,
  SCANNED_BYTES,
  type PartPath,
} from '@waitbus/plugin-sdk/envelope';

/** What is read at once, and what one slice of events has at most besides its last line. */
const SLICE_BYTES = 64 * 1024;
const SLICE_EVENTS = 250;
/** The most that one request of the wire may have, so that what can be spooled can be emitted. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;
const LINE_END = 0x0a;

/** The file is no list of JSON values: it will not get better. */
export class MalformedSpool extends Error {}

/** Some of a file's events, in order. */
export interface Events {
  readonly events: readonly unknown[];
  /** Nothing follows. */
  readonly isLast: boolean;
}

interface Slice {
  readonly lines: readonly Buffer[];
  /** What was read for them. */
  readonly bytes: Buffer;
  readonly isLast: boolean;
}

/**
 * Opens a file, and looks through all of it before it gives the first event.
 * @returns slices of its events, in order
 * @throws MalformedSpool, or what the operating system says
 */
export async function* readEvents(file: string): AsyncGenerator<Events> {
  // A link or a pipe was put in the place of a file since the directory was read.
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const hash = createHash('sha256').update(basename(file));
    const problem = await findProblem(handle, (bytes) => hash.update(bytes));
    const digest = hash.digest('hex').slice(0, 32);
    let index = 0;
    const named = (event: unknown): unknown => {
      const key = `spool:${digest}:${index}`;
      index += 1;
      return isObject(event) ? { delivery_id: key, ...event } : event;
    };
    if (problem !== null) {
      const whole = await readWhole(handle, problem);
      for (let at = 0; at < whole.length || at === 0; at += SLICE_EVENTS) {
        const events = whole.slice(at, at + SLICE_EVENTS).map(named);
        yield { events, isLast: at + SLICE_EVENTS >= whole.length };
      }
      return;
    }
    for await (const { lines, isLast } of slicesOf(handle)) {
      yield { events: lines.map((line) => named(parseLine(line))), isLast };
    }
  } finally {
    await handle.close();
  }
}

/** @returns why it is not one JSON value a line; null if it is */
async function findProblem(
  handle: FileHandle,
  onBytes: (bytes: Buffer) => void,
): Promise<string | null> {
  let problem: string | null = null;
  for await (const { lines, bytes } of slicesOf(handle)) {
    onBytes(bytes);
    if (problem !== null) continue;
    try {
      lines.forEach(parseLine);
    } catch (error) {
      problem = (error as Error).message;
    }
  }
  return problem;
}

/** A file that is one object or one list in all. */
async function readWhole(handle: FileHandle, problem: string): Promise<readonly unknown[]> {
  const malformed = `not NDJSON: ${problem}`;
  const { size } = await handle.stat();
  if (size > MAX_LINE_BYTES) throw new MalformedSpool(malformed);
  const bytes = Buffer.alloc(size);
  await handle.read(bytes, 0, size, 0);
  try {
    const isList = bytes.toString('latin1', 0, SLICE_BYTES).trimStart().startsWith('[');
    const whole = parse(bytes, isList ? [null, 'payload'] : ['payload']);
    return Array.isArray(whole) ? (whole as unknown[]) : [whole];
  } catch {
    throw new MalformedSpool(malformed);
  }
}

/** The lines of a file that are not blank. What is written behind its present end is not looked at. */
async function* slicesOf(handle: FileHandle): AsyncGenerator<Slice> {
  const { size } = await handle.stat();
  let rest: Buffer[] = [];
  let restBytes = 0;
  for (let position = 0; position < size;) {
    const { bytesRead, buffer } = await handle.read({
      buffer: Buffer.allocUnsafe(Math.min(SLICE_BYTES, size - position)),
      position,
    });
    const bytes = buffer.subarray(0, bytesRead);
    position = bytesRead === 0 ? size : position + bytesRead;
    const lines: Buffer[] = [];
    let start = 0;
    for (let end = bytes.indexOf(LINE_END); end !== -1; end = bytes.indexOf(LINE_END, start)) {
      lines.push(Buffer.concat([...rest, bytes.subarray(start, end)]));
      [rest, restBytes, start] = [[], 0, end + 1];
    }
    rest.push(bytes.subarray(start));
    restBytes += bytesRead - start;
    if (restBytes > MAX_LINE_BYTES) {
      throw new MalformedSpool(`a line of over ${MAX_LINE_BYTES} bytes`);
    }
    if (position >= size) lines.push(Buffer.concat(rest));
    yield* cut(
      lines.filter((line) => line.toString('latin1').trim() !== ''),
      bytes,
      position >= size,
    );
  }
}

/** Slices of lines that were read at once, each in a turn of its own. */
async function* cut(
  lines: readonly Buffer[],
  bytes: Buffer,
  isEnd: boolean,
): AsyncGenerator<Slice> {
  for (let at = 0; at === 0 || at < lines.length; at += SLICE_EVENTS) {
    if (at > 0) await nextTurn();
    yield {
      lines: lines.slice(at, at + SLICE_EVENTS),
      bytes: at === 0 ? bytes : bytes.subarray(0, 0),
      isLast: isEnd && at + SLICE_EVENTS >= lines.length,
    };
  }
}

function parseLine(line: Buffer): unknown {
  return parse(line, ['payload']);
}

function parse(bytes: Buffer, path: PartPath): unknown {
  if (bytes.length <= SCANNED_BYTES) return parseJson(bytes.toString('utf8'));
  const scan = new JsonScan(path);
  scan.advance(bytes, bytes.length);
  return parseParts(bytes, scan, path);
}
