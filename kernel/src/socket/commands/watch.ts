/**
 * `watch`, `unwatch`, `watches`, `take`, `woke`, `ack`, `wakes`: durable watches under a name, with
 * an explicit word of what became of each event.
 */
import { stringifyJson, WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { ULID } from '../../store/ulid.js';
import { errorFrame, type Request } from '../connection.js';
import type { Command } from './context.js';
import { parseSubscribe } from './parse-subscribe.js';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._@:-]{0,63}$/;
const MEMBERS = ['match', 'any_of', 'sources', 'filters', 'event_types', 'cwd'] as const;
const MAX_ASKED_BYTES = 16 * 1024;
const MAX_TAKEN = 64;
const MAX_SHOWN = 1000;

export const watch: Command = ({ watches }, { connection }, request) => {
  const name = nameOf(request);
  const asked = parseSubscribe(request);
  const members = Object.fromEntries(
    MEMBERS.flatMap((member) =>
      request[member] === undefined || request[member] === null ? [] : [[member, request[member]]],
    ),
  );
  if (Buffer.byteLength(stringifyJson(members)) > MAX_ASKED_BYTES) {
    throw bad(`a watch may have ${MAX_ASKED_BYTES} bytes`);
  }
  const made = watches.register({ name, asked, members });
  connection.send({ kind: 'watching', id: request['id'] ?? null, watch: made });
};

export const unwatch: Command = ({ watches }, { connection }, request) => {
  const { id = null, watch: one = null } = request;
  if (one !== null && typeof one !== 'string') throw bad('watch must be the id of a watch');
  connection.send({ kind: 'unwatched', id, removed: watches.remove(nameOf(request), one) });
};

export const watches: Command = (context, { connection }, request) => {
  const list = context.watches.list(optionalName(request));
  connection.send({ kind: 'watches', id: request['id'] ?? null, watches: list });
};

export const take: Command = ({ watches }, { connection }, request) => {
  const { id = null, wait = false } = request;
  if (typeof wait !== 'boolean') throw bad('wait must be true or false');
  const max = whole(request, 'max', MAX_TAKEN);
  watches.take({
    taker: connection,
    name: nameOf(request),
    max,
    mayWait: wait,
    answer: (given) => {
      if (given instanceof WaitbusError) {
        connection.send(errorFrame(id, given));
        return;
      }
      // Spliced as they are stored: their integers have 64 bits.
      const events = given.frames.join(',');
      connection.sendText(
        `{"kind":"taken","id":${stringifyJson(id)},"events":[${events}],"gap":${stringifyJson(given.gap)}}`,
      );
    },
  });
};

export const woke: Command = ({ watches }, { connection }, { id = null }) => {
  connection.send({ kind: 'woken', id, count: watches.woke(connection) });
};

export const ack: Command = ({ watches }, { connection }, request) => {
  const { id = null, up_to: upTo = null } = request;
  if (upTo !== null && (typeof upTo !== 'string' || !ULID.test(upTo)))
    throw new WaitbusError('WAITBUS_BAD_CURSOR', 'up_to must be an event_id');
  connection.send({ kind: 'acked', id, count: watches.ack(nameOf(request), upTo) });
};

export const wakes: Command = (context, { connection }, request) => {
  const { id = null } = request;
  const limit = whole(request, 'limit', MAX_SHOWN);
  context.watches.wakes(optionalName(request), limit, (list) => {
    connection.send({ kind: 'wakes', id, wakes: list });
  });
};

function nameOf({ name }: Request): string {
  if (typeof name === 'string' && NAME.test(name)) return name;
  throw bad('name must be 1 to 64 letters, digits and ._@:-, the first a letter or digit');
}

function optionalName(request: Request): string | null {
  return request['name'] === undefined || request['name'] === null ? null : nameOf(request);
}

/** A number from 1 to `most`, which is the default as well. */
function whole(request: Request, member: string, most: number): number {
  const value = request[member] ?? most;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value <= most)
    return value;
  throw bad(`${member} must be a whole number from 1 to ${most}`);
}

function bad(message: string): WaitbusError {
  return new WaitbusError('WAITBUS_BAD_REQUEST', message);
}
