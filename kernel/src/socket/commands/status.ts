/** `status`: what the daemon is, holds and serves. */
import type { Command } from './context.js';

export const status: Command = ({ store, hub, describe }, { connection }, { id }) => {
  connection.send({
    kind: 'status',
    id: id ?? null,
    head: store.head,
    floor: store.floor,
    events: store.count,
    store_bytes: store.usedBytes(),
    subscribers: hub.size,
    ...describe(),
  });
};
