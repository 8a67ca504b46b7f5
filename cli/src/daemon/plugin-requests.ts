/** The requests with which the plugin commands tell the daemon: what is installed has changed, try again. */
import type { Kernel } from '@waitbus/kernel';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import type { SourceHost } from '../host/host.js';
import type { Inventory } from '../host/inventory.js';

export interface PluginRequestOptions {
  readonly kernel: Pick<Kernel, 'handle'>;
  readonly host: SourceHost;
  readonly takeInventory: () => Promise<Inventory>;
}

export function answerPluginRequests({ kernel, host, takeInventory }: PluginRequestOptions): void {
  /** One inventory after the other, so that the last one taken is the one that holds. */
  let turn: Promise<unknown> = Promise.resolve();
  kernel.handle('plugins_changed', () => {
    const update = turn.then(async () => {
      const inventory = await takeInventory();
      host.update(inventory);
      return { kind: 'plugins_changed', sources: [...inventory.sources.keys()].sort() };
    });
    turn = update.catch(() => undefined);
    return update;
  });
  kernel.handle('restart_source', ({ source }) => {
    if (typeof source !== 'string') {
      throw new WaitbusError('WAITBUS_BAD_REQUEST', 'source must be a string');
    }
    return { kind: 'source_restarted', source, state: host.restart(source) };
  });
}
