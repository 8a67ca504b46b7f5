/** `waitbus emit`: events into the log from flags, a JSON text, or NDJSON on stdin. */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import {
  checkEnvelope,
  isObject,
  LIMITS,
  parseJson,
  stringifyJson,
  WaitbusError,
  type Envelope,
  type Fields,
} from '@waitbus/plugin-sdk/envelope';
import { emit, type EmitReceipt } from '../client/emit.js';
import type { ReachOptions } from '../client/reach.js';
import { EXIT, exitCodeOf, print, say, sayError, UsageError } from '../terminal/exit.js';

const OPTIONS = {
  source: { type: 'string' },
  'event-type': { type: 'string' },
  'delivery-id': { type: 'string' },
  owner: { type: 'string' },
  repo: { type: 'string' },
  'received-at': { type: 'string' },
  summary: { type: 'string' },
  field: { type: 'string', multiple: true },
  payload: { type: 'string' },
  'ingest-method': { type: 'string' },
  json: { type: 'string' },
  'no-autostart': { type: 'boolean' },
} as const;

type Values = ReturnType<typeof parse>['values'];

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], options: OPTIONS, strict: true });
}

export async function run(args: readonly string[]): Promise<number> {
  const { values } = parse(args);
  const options = values['no-autostart'] === true ? { autostart: false } : {};
  if (values.json === '-') return emitLines(fromFlags(values), options);
  report(await emit(eventFrom(values), options));
  return EXIT.ok;
}

function eventFrom(values: Values): Envelope {
  const given = values.json === undefined ? {} : parseText('--json', values.json);
  if (!isObject(given)) throw new UsageError('--json must be one event as a JSON object, or -');
  return merge(given, fromFlags(values));
}

/** Flags speak over what the JSON text says; `fields` are merged. */
function merge(given: object, flags: Partial<Envelope>): Envelope {
  const event = { ...given, ...flags } as Envelope;
  const { fields } = given as { fields?: unknown };
  // What is no object stays as it is, for the check to refuse.
  if (flags.fields === undefined || fields === undefined) return event;
  return isObject(fields)
    ? { ...event, fields: { ...(fields as Fields), ...flags.fields } }
    : { ...event, fields: fields as Fields };
}

function fromFlags(values: Values): Partial<Envelope> {
  const fields = Object.fromEntries((values.field ?? []).map(parseField));
  const members = {
    source: values.source,
    event_type: values['event-type'],
    delivery_id: values['delivery-id'],
    owner: values.owner,
    repo: values.repo,
    received_at: values['received-at'] === undefined ? undefined : integer(values['received-at']),
    summary: values.summary,
    fields: values.field === undefined ? undefined : fields,
    payload: values.payload === undefined ? undefined : payloadOf(values.payload),
    ingest_method: values['ingest-method'],
  };
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

/** `key=text`, or `key:=json` for a number, true, false, null or a list. */
function parseField(text: string): [string, Envelope['payload']] {
  const match = /^([^=:]+)(:?=)([\s\S]*)$/.exec(text);
  if (match === null) throw new UsageError(`--field ${text} is not key=text or key:=json`);
  const [, key = '', operator, value = ''] = match;
  return [
    key,
    operator === '=' ? value : (parseText(`--field ${key}`, value) as Envelope['payload']),
  ];
}

/** JSON text, or `@file`. */
function payloadOf(text: string): Envelope['payload'] {
  const json = text.startsWith('@') ? readPayload(text.slice(1)) : text;
  return parseText('--payload', json) as Envelope['payload'];
}

function readPayload(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`--payload: ${(error as Error).message}`);
  }
}

function integer(text: string): bigint {
  if (/^\d{1,19}$/.test(text)) return BigInt(text);
  throw new UsageError(`--received-at ${text} is not a number of nanoseconds since the epoch`);
}

function parseText(option: string, text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    throw new UsageError(`${option} is ${(error as Error).message}`);
  }
}

function report(receipt: EmitReceipt): void {
  for (const result of receipt.results) print(stringifyJson(result));
  if (receipt.spooled === null) return;
  print(stringifyJson({ spooled: receipt.spooled }));
  say(`waitbus emit: ${receipt.reason}; spooled, it counts when a daemon comes up`);
}

/**
 * NDJSON: lines go out in batches as they come. A line that is malformed or refused is named and
 * left out; the others are not lost for it. One event over several lines is taken as well.
 */
async function emitLines(flags: Partial<Envelope>, options: ReachOptions): Promise<number> {
  let batch: Numbered[] = [];
  let exitCode: number = EXIT.ok;
  let sending: Promise<void> = Promise.resolve();
  let scheduled = false;
  const refuse = (number: number, cause: Error) => {
    const error = atLine(number, cause);
    exitCode = Math.max(exitCode, exitCodeOf(error));
    sayError(error, 'emit');
  };
  const send = () => {
    scheduled = false;
    const events = batch;
    batch = [];
    sending = sending.then(() => sendBatch(events, options, refuse));
    return sending;
  };
  for await (const { number, event, error } of readEvents()) {
    try {
      if (error !== undefined) throw error;
      const merged = merge(event ?? {}, flags);
      checkEnvelope(merged);
      batch.push({ number, event: merged });
    } catch (cause) {
      refuse(number, cause as Error);
    }
    if (batch.length >= LIMITS.eventsPerRequest) await send();
    else if (!scheduled) {
      scheduled = true;
      // What came in one read goes out together, at once: the input may be a live log.
      setImmediate(() => void send());
    }
  }
  await send();
  return exitCode;
}

interface Numbered {
  readonly number: number;
  readonly event: Envelope;
}

/** Sends events together; when they are refused, one by one, so that only the culprit is left out. */
async function sendBatch(
  batch: readonly Numbered[],
  options: ReachOptions,
  refuse: (number: number, cause: Error) => void,
): Promise<void> {
  if (batch.length === 0) return;
  try {
    report(
      await emit(
        batch.map(({ event }) => event),
        options,
      ),
    );
  } catch (cause) {
    const [only] = batch;
    if (batch.length === 1 && only !== undefined) refuse(only.number, cause as Error);
    else for (const one of batch) await sendBatch([one], options, refuse);
  }
}

function atLine(number: number, cause: Error): Error {
  const message = `line ${number}: ${cause.message}`;
  if (cause instanceof WaitbusError) return new WaitbusError(cause.code, message, cause.remedy);
  return new WaitbusError('WAITBUS_BAD_EVENT', message);
}

interface Line {
  readonly number: number;
  readonly event?: object;
  readonly error?: Error;
}

async function* readEvents(): AsyncGenerator<Line> {
  let number = 0;
  let started: { number: number; text: string; error: Error } | null = null;
  for await (const text of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    number += 1;
    if (text.trim() === '' && started === null) continue;
    const line = readLine(text, number);
    if (started === null && number === 1 && line.error !== undefined && /^\s*[{[]/.test(text)) {
      started = { number, text, error: line.error };
    } else if (started !== null && (!text.startsWith('{') || line.error !== undefined)) {
      started.text += `\n${text}`;
    } else if (started !== null) {
      // A whole event at the margin: the first line was no beginning of an event, but malformed.
      yield* separateLines(started.text);
      started = null;
      yield line;
    } else {
      yield line;
    }
  }
  if (started === null) return;
  const whole = readLine(started.text, started.number);
  if (whole.error === undefined) yield whole;
  else yield* separateLines(started.text);
}

/** What turned out to be lines of their own after all. */
function separateLines(text: string): Line[] {
  const lines = text.split('\n').map((line, index) => ({ line, number: index + 1 }));
  return lines
    .filter(({ line }) => line.trim() !== '')
    .map((one) => readLine(one.line, one.number));
}

function readLine(text: string, number: number): Line {
  try {
    const event = parseJson(text);
    if (!isObject(event)) throw new Error('not a JSON object');
    return { number, event };
  } catch (error) {
    return { number, error: error as Error };
  }
}
