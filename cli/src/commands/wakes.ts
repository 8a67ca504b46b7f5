/** `waitbus wakes`: what was to wake an agent, and what became of it; `waitbus wakes ack` settles it. */
import { parseArgs } from 'node:util';
import { stringifyJson } from '@waitbus/plugin-sdk/envelope';
import { ownName } from '../client/agent-name.js';
import { ackWakes, listWakes, type WakeInfo } from '../client/watches.js';
import { EXIT, print, say, UsageError } from '../terminal/exit.js';
import { tableLines } from '../terminal/table.js';
import { nameOrAll } from './parse-watch.js';
import { wholeNumber } from './whole-number.js';

const OPTIONS = {
  for: { type: 'string' },
  'up-to': { type: 'string' },
  limit: { type: 'string' },
  json: { type: 'boolean' },
  'no-autostart': { type: 'boolean' },
} as const;

/** So many fit on a screen and a page. */
const SHOWN = 100;
const MAX_SHOWN = 1000;

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: OPTIONS,
    allowPositionals: true,
    strict: true,
  });
  const [verb, ...more] = positionals;
  if ((verb !== undefined && verb !== 'ack') || more.length > 0)
    throw new UsageError(`${more.at(-1) ?? verb} is not a subcommand: there is ack`);
  const options = values['no-autostart'] === true ? { autostart: false } : {};
  if (verb === 'ack') {
    if (values.limit !== undefined) throw new UsageError('--limit is of the list: leave it out');
    const name = ownName(values.for, '--for', process.env);
    const count = await ackWakes(name, values['up-to'], options);
    if (values.json === true) print(stringifyJson({ acked: count }));
    say(`waitbus wakes: ${count === 1 ? '1 event' : `${count} events`} of ${name} acknowledged`);
    return EXIT.ok;
  }
  if (values['up-to'] !== undefined) throw new UsageError('--up-to goes with ack');
  const limit = values.limit === undefined ? SHOWN : wholeNumber('--limit', values.limit, 1);
  if (limit > MAX_SHOWN) throw new UsageError(`--limit ${limit} is over ${MAX_SHOWN}`);
  const name = nameOrAll(values.for, process.env);
  // The newest are asked for, and shown last, as in a log.
  const wakes = [...(await listWakes(name, { ...options, limit }))].reverse();
  for (const line of values.json === true ? wakes.map(stringifyJson) : tableLines(wakes.map(row)))
    print(line);
  if (wakes.length === 0) {
    say(`waitbus wakes: nothing has matched a watch${name === undefined ? '' : ` of ${name}`} yet`);
  }
  return EXIT.ok;
}

/** When it happened, and how long after that each of the states was reached. */
function row(wake: WakeInfo): string[] {
  const after = (state: string, at: number | null) =>
    at === null ? '' : `${state} +${Math.max(0, at - wake.emitted_at)} ms`;
  return [
    wake.event_id,
    wake.name,
    wake.state,
    `emitted ${new Date(wake.emitted_at).toISOString()}`,
    after('matched', wake.matched_at),
    after('delivered', wake.delivered_at),
    after('woke', wake.woke_at),
    after('acked', wake.acked_at),
  ];
}
