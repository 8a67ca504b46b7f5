/**
 * The program that the host forks for every source. Its only channel is the IPC pipe.
 */
import type { ChildMessage, HostMessage } from '../messages.js';
import { SourceRunner, type Channel } from './run-source.js';

const channel: Channel = {
  send: (message: ChildMessage) => {
    // A pipe that is gone is the orphan watchdog's business; nothing is left to say to anyone.
    if (process.connected) process.send?.(message, () => undefined);
  },
  onMessage: (handler) => process.on('message', (message) => handler(message as HostMessage)),
  onClose: (handler) => process.on('disconnect', handler),
};

const runner = new SourceRunner(channel, (code) => {
  // `failed` and the last emits are written before the process goes.
  if (process.connected) process.disconnect();
  setImmediate(() => process.exit(code));
});
process.on('SIGTERM', () => runner.stop());
// The terminal's Ctrl-C reaches the whole process group; stopping is the daemon's decision.
process.on('SIGINT', () => undefined);
process.on('uncaughtException', (error) => runner.fail(error));
process.on('unhandledRejection', (error) => runner.fail(error));
