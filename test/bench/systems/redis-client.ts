/**
 * Redis Streams with ioredis over a unix socket: XADD in pipelines, and for each subscriber a
 * connection of its own that blocks in XREAD.
 */
import { Redis } from 'ioredis';
import type { Client } from './client.js';

const STREAM = 'events';
/** The most entries that one XREAD brings. */
const PAGE = '1000';

type Entry = [id: Buffer, fields: Buffer[]];
type Reply = [stream: Buffer, entries: Entry[]][] | null;

export const redisClient: Client = {
  async produce({ address, onAcknowledged }) {
    const redis = await open(address);
    return {
      send: (events) => {
        if (events.length === 1) {
          void redis.xadd(STREAM, '*', 'd', events[0] ?? '').then(() => onAcknowledged(1));
          return;
        }
        const pipeline = redis.pipeline();
        for (const event of events) pipeline.xadd(STREAM, '*', 'd', event);
        void pipeline.exec().then((results) => {
          for (const [error] of results ?? []) if (error !== null) throw error;
          onAcknowledged(events.length);
        });
      },
      close: () => redis.disconnect(),
    };
  },

  async subscribe({ address, from, onEvent }) {
    const redis = await open(address);
    let closed = false;
    const last: Buffer | string = from === 'start' ? '0' : await head(redis);
    void (async () => {
      let id: Buffer | string = last;
      while (!closed) {
        const reply = (await redis
          .callBuffer('XREAD', 'COUNT', PAGE, 'BLOCK', '0', 'STREAMS', STREAM, id)
          .catch(() => null)) as Reply;
        for (const [, entries] of reply ?? []) {
          for (const [entryId, fields] of entries) {
            id = entryId;
            onEvent(fields[1] as Buffer);
          }
        }
      }
    })();
    return {
      close: () => {
        closed = true;
        redis.disconnect();
      },
    };
  },
};

async function open(path: string): Promise<Redis> {
  const redis = new Redis({
    path,
    lazyConnect: true,
    retryStrategy: null,
    enableReadyCheck: false,
  });
  await redis.connect();
  return redis;
}

async function head(redis: Redis): Promise<string> {
  const newest = await redis.xrevrange(STREAM, '+', '-', 'COUNT', 1);
  return newest[0]?.[0] ?? '0';
}
