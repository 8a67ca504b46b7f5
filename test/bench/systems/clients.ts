/** The systems by name, and the client of each. */
import type { Client } from './client.js';

export const SYSTEMS = ['waitbus', 'redis', 'nats', 'floor'] as const;
export type SystemName = (typeof SYSTEMS)[number];

/** Loads one client only: another's library must not weigh on this process. */
export async function clientOf(name: SystemName): Promise<Client> {
  switch (name) {
    case 'waitbus':
      return (await import('./waitbus-client.js')).waitbusClient;
    case 'redis':
      return (await import('./redis-client.js')).redisClient;
    case 'nats':
      return (await import('./nats-client.js')).natsClient;
    case 'floor':
      return (await import('./floor-client.js')).floorClient;
  }
}
