/**
 * The request with which commands tell the daemon that the configuration file has changed. What it
 * says of sources counts at once; a malformed one is refused, and the one before stays.
 */
import type { Kernel } from '@waitbus/kernel';
import type { Config } from '../config/config.js';
import type { SourceHost } from '../host/host.js';
import type { SupervisorLog } from '../host/supervision.js';

export interface ConfigRequestOptions {
  readonly kernel: Pick<Kernel, 'handle'>;
  readonly host: SourceHost;
  /** As the daemon was started with. */
  readonly config: Config;
  /** @throws WaitbusError WAITBUS_BAD_CONFIG */
  readonly load: () => Promise<Config>;
  readonly log: SupervisorLog;
}

/** What a daemon reads only when it starts. */
const READ_AT_START = ['durability', 'retention', 'log'] as const;

export function answerConfigRequests(options: ConfigRequestOptions): void {
  const { kernel, host, config: started, load, log } = options;
  /** One reading after the other, so that the last one read is the one that holds. */
  let turn: Promise<unknown> = Promise.resolve();
  kernel.handle('config_changed', () => {
    const update = turn.then(async () => {
      const config = await load();
      const sources = host.configure(config);
      log.info({ sources }, 'the configuration was read again');
      const isSame = (key: (typeof READ_AT_START)[number]) =>
        JSON.stringify(config[key]) === JSON.stringify(started[key]);
      const restart = READ_AT_START.filter((key) => !isSame(key));
      return { kind: 'config_changed', sources, restart_needed: restart };
    });
    turn = update.catch(() => undefined);
    return update;
  });
}
