/** `waitbus send NAME TEXT`: a message to an agent, which finds it in its inbox. */
import { parseArgs } from 'node:util';
import { stringifyJson } from '@waitbus/plugin-sdk/envelope';
import { ownName } from '../client/agent-name.js';
import { send } from '../client/inbox.js';
import { EXIT, print, say, UsageError } from '../terminal/exit.js';
import { messageText } from './agent-text.js';

const OPTIONS = {
  from: { type: 'string' },
  thread: { type: 'string' },
  json: { type: 'boolean' },
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
  const receipt = await send({
    to,
    from,
    thread: values.thread,
    body: await messageText(text),
    ...(values['no-autostart'] === true ? { autostart: false } : {}),
  });
  const [stored] = receipt.results;
  if (values.json === true) print(stringifyJson(stored ?? { spooled: receipt.spooled }));
  if (receipt.spooled !== null) {
    say(`waitbus send: ${receipt.reason}; spooled, it counts when a daemon comes up`);
  }
  return EXIT.ok;
}
