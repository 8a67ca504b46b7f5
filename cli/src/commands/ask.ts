/** `waitbus ask NAME TEXT`: a question to an agent; its answer is on stdout. */
import { parseArgs } from 'node:util';
import { stringifyJson } from '@waitbus/plugin-sdk/envelope';
import { ownName } from '../client/agent-name.js';
import { readMessage } from '../client/message.js';
import { request } from '../client/request.js';
import { WaitTimeoutError } from '../client/wait-for.js';
import { EXIT, exitCodeOf, print, say, sayError, UsageError } from '../terminal/exit.js';
import { printBody } from '../terminal/print.js';
import { messageText } from './agent-text.js';
import { timeoutOf } from './timeout.js';

const OPTIONS = {
  from: { type: 'string' },
  thread: { type: 'string' },
  timeout: { type: 'string' },
  json: { type: 'boolean' },
  quiet: { type: 'boolean', short: 'q' },
  'no-autostart': { type: 'boolean' },
} as const;

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: OPTIONS,
    allowPositionals: true,
    strict: true,
  });
  const [to, text, ...more] = positionals;
  if (to === undefined || more.length > 0) {
    throw new UsageError('it takes a name and a text; quote a text of several words');
  }
  const from = ownName(values.from, '--from', process.env);
  const timeout = timeoutOf(values.timeout);
  const body = await messageText(text);
  const stop = new AbortController();
  let interrupted: number | null = null;
  const end = (code: number) => () => {
    interrupted = code;
    stop.abort();
  };
  process.once('SIGINT', end(EXIT.sigint));
  process.once('SIGTERM', end(EXIT.sigterm));
  try {
    const answer = await request({
      to,
      from,
      body,
      thread: values.thread,
      timeout,
      signal: stop.signal,
      ...(values['no-autostart'] === true ? { autostart: false } : {}),
      onAsked: ({ eventId, present }) => {
        if (values.quiet === true) return;
        if (present) say(`waitbus ask: asked ${to} (${eventId})`);
        else say(`waitbus ask: asked ${to} (${eventId}); nobody is present under that name yet`);
      },
    });
    const message = readMessage(answer);
    if (values.json === true) print(stringifyJson(answer));
    else printBody(message?.body ?? '');
    return message?.failed === true ? EXIT.failure : EXIT.ok;
  } catch (error) {
    if (interrupted !== null) return interrupted;
    if (error instanceof WaitTimeoutError) {
      say(`waitbus ask: timed out; still waiting for:`);
      for (const one of error.outstanding) say(`  ${one}`);
      return EXIT.timeout;
    }
    sayError(error, 'ask');
    // 1 says that there will be no answer; whatever kept it from being asked does not.
    return exitCodeOf(error, /^WAITBUS_AGENT_GONE$/);
  }
}
