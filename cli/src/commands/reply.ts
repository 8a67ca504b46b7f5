/** `waitbus reply ID TEXT`: answers a message, by its event_id or its correlation id. */
import { parseArgs } from 'node:util';
import { stringifyJson } from '@waitbus/plugin-sdk/envelope';
import { NAME_VARIABLE, ownName } from '../client/agent-name.js';
import { reply } from '../client/reply.js';
import { EXIT, print, say, UsageError } from '../terminal/exit.js';
import { messageText } from './agent-text.js';

const OPTIONS = {
  from: { type: 'string' },
  failed: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: OPTIONS,
    allowPositionals: true,
    strict: true,
  });
  const [id, text, ...more] = positionals;
  if (id === undefined || more.length > 0) {
    throw new UsageError('it takes the id of a message and a text; quote a text of several words');
  }
  // Without a name, the one that the message was for answers.
  const given = values.from ?? (process.env[NAME_VARIABLE] || undefined);
  const { receipt, message, late } = await reply({
    id,
    body: await messageText(text),
    from: given === undefined ? undefined : ownName(given, '--from', {}),
    failed: values.failed,
  });
  if (values.json === true)
    print(stringifyJson(receipt.results[0] ?? { spooled: receipt.spooled }));
  if (late) say(`waitbus reply: ${message.from} does not wait for it any more; it is in its inbox`);
  return EXIT.ok;
}
