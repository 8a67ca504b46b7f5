/** `waitbus log`: what is in the log, one event a line; with --follow also what comes. */
import { parseArgs } from 'node:util';
import { parsePredicate } from '@waitbus/kernel/predicate';
import { isoTime, stringifyJson } from '@waitbus/plugin-sdk/envelope';
import { cursorSince } from '../client/since.js';
import { stream, type EventFrame } from '../client/stream.js';
import { EXIT, print, say, UsageError } from '../terminal/exit.js';
import { plainText } from '../terminal/plain-text.js';

const OPTIONS = {
  source: { type: 'string' },
  match: { type: 'string', multiple: true },
  since: { type: 'string', default: '1h' },
  follow: { type: 'boolean', short: 'f' },
  json: { type: 'boolean' },
} as const;

export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: OPTIONS, strict: true });
  const since = cursorSince(values.since, Date.now());
  if (since === null) {
    throw new UsageError(
      `--since ${values.since} is not an event id, a duration such as 10m, or start`,
    );
  }
  const own = values.source === undefined ? [] : [`fields.source=${JSON.stringify(values.source)}`];
  const match = [...own, ...(values.match ?? [])];
  parsePredicate(match);
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  let shown = 0;
  for await (const frame of stream({ match, since }, { signal: stop.signal })) {
    if (frame.kind === 'event') {
      shown += 1;
      print(values.json === true ? stringifyJson(frame) : lineOf(frame));
    } else if (frame.kind === 'gap') {
      say(`waitbus log: retention removed events up to ${frame.floor}`);
    } else if (frame.kind === 'caught_up' && values.follow !== true) break;
  }
  if (shown === 0 && values.follow !== true)
    say(`waitbus log: no such event since ${values.since}`);
  return EXIT.ok;
}

/** Time, source, type and summary, then the fields that the source gave: one line, whatever they hold. */
export function lineOf({ received_at: at, event_type: type, summary, fields }: EventFrame): string {
  const {
    source,
    event_type: _type,
    owner: _owner,
    repo: _repo,
    ingest_method: _how,
    ...own
  } = fields;
  const parts = [isoTime(at), typeof source === 'string' ? source : '', type, summary];
  const line = [...parts, stringifyJson(own)].filter((part) => part !== '').join('  ');
  return plainText(line).replace(/[\n\u2028\u2029]+/g, ' ');
}
