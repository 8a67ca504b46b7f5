/**
 * NATS JetStream with its own client: publishing with acknowledgement, and for each subscriber a
 * connection of its own with an ordered push consumer.
 */
import {
  DeliverPolicy,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { Client } from './client.js';

const STREAM = 'events';
const SUBJECT = 'events.bench';

export const natsClient: Client = {
  async produce({ address, onAcknowledged }) {
    const connection = await open(address);
    const stream = jetstream(connection);
    return {
      send: (events) => {
        for (const event of events) {
          void stream.publish(SUBJECT, event, { timeout: 60_000 }).then(() => onAcknowledged(1));
        }
      },
      close: () => void connection.close(),
    };
  },

  async subscribe({ address, from, onEvent }) {
    const connection = await open(address);
    const consumer = await jetstream(connection).consumers.getPushConsumer(STREAM, {
      deliver_policy: from === 'start' ? DeliverPolicy.All : DeliverPolicy.New,
    });
    const messages = await consumer.consume({
      callback: ({ data }) => onEvent(Buffer.from(data.buffer, data.byteOffset, data.length)),
    });
    return {
      close: () => {
        messages.stop();
        void connection.close();
      },
    };
  },
};

/** Connects, and makes the stream where it is not there yet. */
async function open(address: string): Promise<NatsConnection> {
  const connection = await connect({ servers: address, reconnect: false, noAsyncTraces: true });
  const manager = await jetstreamManager(connection);
  const made = manager.streams.add({
    name: STREAM,
    subjects: [SUBJECT],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
  });
  // Of several that make it at once, the server tells some that its subject is taken: by it.
  await made.catch(() => manager.streams.info(STREAM));
  return connection;
}
