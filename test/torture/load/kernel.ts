/**
 * A kernel without sources, whose retention looks as often as told: the daemon's own looks once a
 * minute, which is too seldom to catch readers in the midst of it.
 */
import { openKernel, type KernelLog } from '@waitbus/kernel';
import { optionsOf, say } from './program.js';

export interface KernelProgramOptions {
  readonly paths: { readonly store: string; readonly socket: string };
  readonly maxBytes: number;
  readonly heartbeatSec: number;
}

const { paths, maxBytes, heartbeatSec } = optionsOf<KernelProgramOptions>();
const quiet = () => undefined;
const loud = (details: object, message: string) => {
  throw new Error(`${message} ${JSON.stringify(details)}`);
};
const log: KernelLog = { debug: quiet, info: quiet, warn: loud, error: loud };
const kernel = openKernel({ paths, log, retention: { maxBytes }, heartbeatSec });
await kernel.listen();
say('serving 1');
