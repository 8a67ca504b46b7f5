/** `waitbus wakes`: what became of each event that was to wake an agent. */
import { parseArgs } from 'node:util';
import { ULID } from '@waitbus/kernel/ulid';
import { stringifyJson } from '@waitbus/plugin-sdk/envelope';
import { NAME_VARIABLE, checkAgentName, ownName } from '../client/agent-name.js';
import { ackWakes, listWakes, type WakeInfo } from '../client/watches.js';
import { EXIT, print, say, UsageError } from '../terminal/exit.js';
import { tableLines } from '../terminal/table.js';
import { wholeNumber } from './whole-number.js';

const OPTIONS = {
  for: { type: 'string' },
  limit: { type: 'string' },
  'up-to': { type: 'string' },
  json: { type: 'boolean' },
} as const;

const MOST = 1000;

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: OPTIONS,
    allowPositionals: true,
    strict: true,
  });
  const [verb, ...rest] = positionals;
  if (rest.length > 0 || (verb !== undefined && verb !== 'ack')) {
    throw new UsageError(`it takes nothing, or ack, not ${positionals.join(' ')}`);
  }
  const upTo = values['up-to']?.toUpperCase();
  if (verb === 'ack') {
    if (upTo !== undefined && !ULID.test(upTo))
      throw new UsageError(`--up-to ${upTo} is no event id`);
    const name = ownName(values.for, '--for', process.env);
    const count = await ackWakes(name, upTo);
    if (values.json === true) print(stringifyJson({ acked: count }));
    else say(`${name}: ${count} acknowledged`);
    return EXIT.ok;
  }
  if (upTo !== undefined) throw new UsageError('--up-to goes with ack');
  const limit = values.limit === undefined ? 20 : wholeNumber('--limit', values.limit, 1);
  if (limit > MOST) throw new UsageError(`--limit ${limit} is over ${MOST}`);
  const given = values.for ?? (process.env[NAME_VARIABLE] || undefined);
  const name = given === undefined ? undefined : checkAgentName(given);
  const wakes = [...(await listWakes(name, { limit }))].reverse();
  if (values.json === true) for (const wake of wakes) print(stringifyJson(wake));
  else if (wakes.length > 0) for (const line of tableLines(wakes.map(row))) print(line);
  if (wakes.length === 0)
    say(`waitbus wakes: nothing was matched${name === undefined ? '' : ` for ${name}`}`);
  return EXIT.ok;
}

function row({ name, event_id: id, state, ...times }: WakeInfo): readonly string[] {
  const since = (label: string, at: number | null) =>
    at === null ? [] : [`${label} +${at - times.emitted_at} ms`];
  return [
    new Date(times.emitted_at).toISOString(),
    name,
    id,
    state,
    [
      ...since('delivered', times.delivered_at),
      ...since('woke', times.woke_at),
      ...since('acked', times.acked_at),
    ].join(', '),
  ];
}
