/** `waitbus log`: what is in the log, one event a line; with --follow also what comes. */
import { parseArgs } from 'node:util';
import { parsePredicate } from '@waitbus/kernel/predicate';
import { isoTime, plainLine, stringifyJson, WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { askDaemon } from '../client/ask-daemon.js';
import { pathsOf } from '../client/reach.js';
import { cursorSince } from '../client/since.js';
import { errorOfObstacle, lineOfNote } from '../client/obstacle.js';
import { stream, type EventFrame, type SourceStateFrame } from '../client/stream.js';
import { StreamState } from '../client/stream-state.js';
import { didYouMean } from '../config/suggest.js';
import type { SourceStatus } from '../host/status.js';
import { EXIT, print, say, UsageError } from '../terminal/exit.js';
import { outputOver } from '../terminal/output.js';
import { directoryOf } from '../working-directory.js';

const OPTIONS = {
  source: { type: 'string' },
  match: { type: 'string', multiple: true },
  since: { type: 'string', default: '1h' },
  follow: { type: 'boolean', short: 'f' },
  json: { type: 'boolean' },
} as const;

export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: OPTIONS, strict: true });
  const { source, follow = false } = values;
  const since = cursorSince(values.since, Date.now());
  if (since === null) {
    throw new UsageError(
      `--since ${values.since} is not an event id, a duration such as 10m, or start`,
    );
  }
  const own = source === undefined ? [] : [`fields.source=${JSON.stringify(source)}`];
  const match = [...own, ...(values.match ?? [])];
  parsePredicate(match);
  // Who follows a source waits on it: it is started, and watches where this is.
  const waits = follow && source !== undefined;
  const request = { match, since, ...(waits ? { sources: [source], cwd: directoryOf() } : {}) };
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  const signal = AbortSignal.any([stop.signal, outputOver]);
  const state = new StreamState(waits ? [source] : []);
  let shown = 0;
  for await (const frame of stream(request, { signal })) {
    state.receive(frame);
    if (frame.kind === 'event') {
      shown += 1;
      print(values.json === true ? stringifyJson(frame) : lineOf(frame));
    } else if (frame.kind === 'gap') {
      say(`waitbus log: retention removed events up to ${frame.floor}`);
    } else if (frame.kind === 'source_state') {
      sayState(frame);
    } else if (frame.kind === 'wait_note' && frame.level === 'warning') {
      say(`waitbus log: ${lineOfNote(frame)}`);
    } else if (frame.kind === 'caught_up' && !follow) break;
    // What the log holds is shown, whatever became of its source.
    const obstacle = waits && !state.replaying ? state.obstacleTo(source, 0) : undefined;
    if (obstacle !== undefined) throw errorOfObstacle(obstacle);
  }
  if (shown > 0 || follow || signal.aborted) return EXIT.ok;
  if (source !== undefined) await assertKnown(source);
  say(`waitbus log: no such event since ${values.since}`);
  return EXIT.ok;
}

function sayState({ source, state, detail }: SourceStateFrame): void {
  if (state === 'starting' && detail !== '') say(`waitbus log: source ${source}: ${detail}`);
  if (state === 'running') say(`waitbus log: source ${source} is alive`);
}

/**
 * Nothing of a source is an answer only if there is such a source. What one that was removed has left
 * in the log was shown.
 * @throws WaitbusError WAITBUS_UNKNOWN_SOURCE
 */
async function assertKnown(source: string): Promise<void> {
  const status = await askDaemon(pathsOf({}), { op: 'status' });
  const sources = (status?.['sources'] ?? []) as readonly SourceStatus[];
  const names = sources.map(({ name }) => name);
  if (status === null || names.includes(source)) return;
  throw new WaitbusError(
    'WAITBUS_UNKNOWN_SOURCE',
    `source ${source} is not installed, and nothing of it is in the log${didYouMean(source, names)}`,
    'waitbus source list shows those that are.',
  );
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
  return plainLine(line);
}
