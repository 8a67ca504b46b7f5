/** `waitbus inbox`: the messages that are new for an agent since it last looked. */
import { parseArgs } from 'node:util';
import { isoTime, plainLine, plainText, stringifyJson } from '@waitbus/plugin-sdk/envelope';
import { ownName } from '../client/agent-name.js';
import { inbox } from '../client/inbox.js';
import { isAsk, readMessage } from '../client/message.js';
import { cursorSince } from '../client/since.js';
import type { EventFrame } from '../client/stream.js';
import { EXIT, say, UsageError } from '../terminal/exit.js';
import { outputOver } from '../terminal/output.js';
import { printed } from '../terminal/print.js';

const OPTIONS = {
  as: { type: 'string' },
  follow: { type: 'boolean', short: 'f' },
  peek: { type: 'boolean' },
  since: { type: 'string' },
  json: { type: 'boolean' },
} as const;

export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: OPTIONS, strict: true });
  const { follow, peek, since } = values;
  if (since !== undefined && cursorSince(since, Date.now()) === null) {
    throw new UsageError(`--since ${since} is not an event id, a duration such as 10m, or start`);
  }
  const name = ownName(values.as, '--as', process.env);
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  process.once('SIGTERM', () => stop.abort());
  let shown = 0;
  const onGap = () =>
    say(
      `waitbus inbox: retention removed events that ${name} had not looked at; messages may be missing`,
    );
  const onStart = once(() => {
    say('waitbus inbox: no daemon was running; one is started, and has what was kept or spooled');
  });
  const signal = AbortSignal.any([stop.signal, outputOver]);
  for await (const frame of inbox({ as: name, follow, peek, since, signal, onGap, onStart })) {
    const lines = values.json === true ? [stringifyJson(frame)] : shownMessage(frame, Date.now());
    // The cursor moves with the next one: not before this one is out.
    if (!(await printed(lines))) return EXIT.ok;
    shown += 1;
  }
  if (shown === 0 && follow !== true) {
    say(`waitbus inbox: nothing ${since === undefined ? 'new' : `since ${since}`} for ${name}`);
  }
  return EXIT.ok;
}

/** It comes back to one over the day. */
function once(tell: () => void): () => void {
  let told = false;
  return () => {
    if (!told) tell();
    told = true;
  };
}

/** For people: who, when and what it is, then the text, indented. */
export function shownMessage(frame: EventFrame, now: number): string[] {
  const message = readMessage(frame);
  if (message === null) return [];
  const { from, thread, replyTo, failed, expiresAt, body } = message;
  const time = isoTime(frame.received_at);
  const what = isAsk(message)
    ? 'asks'
    : replyTo === undefined
      ? 'says'
      : failed === true
        ? 'cannot answer'
        : 'answers';
  const late = isAsk(message) && expiresAt !== undefined && expiresAt < now;
  const notes = [
    ...(replyTo === undefined ? [] : [`to ${replyTo}`]),
    ...(thread === undefined ? [] : [`thread ${thread}`]),
    ...(late ? ['nobody waits for it any more'] : []),
  ];
  const head = [time, `${from} ${what}`, frame.event_id, ...notes].map(plainLine).join('  ');
  const lines = plainText(body).split('\n');
  return [head, ...lines.map((line) => `    ${line}`)];
}
