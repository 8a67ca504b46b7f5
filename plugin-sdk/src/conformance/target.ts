/** What is under test, and how patient the kit is. */
import type { Capabilities, Manifest, SourceEntry } from '../manifest/entry.js';
import type { Scenario } from './scenario.js';

export interface Target {
  /** Absolute directory of the package. */
  readonly directory: string;
  readonly manifest: Manifest;
  readonly source: string;
  readonly declared: SourceEntry;
  readonly scenario: Scenario;
  /** The surroundings that an allow-list of variables is taken from. */
  readonly env: NodeJS.ProcessEnv;
  readonly patience: Patience;
  /** The waitbus command, or null to look for it. */
  readonly waitbus: string | null;
}

/** Milliseconds. The deadlines of the steps and the grace period are those of the host. */
export interface Patience {
  readonly import: number;
  readonly load: number;
  readonly configure: number;
  readonly start: number;
  readonly ready: number;
  /** From SIGTERM to the end of the process. */
  readonly grace: number;
  /** Until what was provoked is emitted. */
  readonly event: number;
  /** Nothing came for this long: nothing more is to come. */
  readonly still: number;
}

export const PATIENCE: Patience = {
  import: 5000,
  load: 10_000,
  configure: 10_000,
  start: 30_000,
  ready: 60_000,
  grace: 2000,
  event: 10_000,
  still: 500,
};

/** Passed to every source; everything else only when its manifest declares it. */
const ENVIRONMENT = ['PATH', 'USER', 'LOGNAME', 'LANG', 'LC_ALL', 'TZ'];

export function environmentFor(
  { env: declared }: Capabilities,
  env: NodeJS.ProcessEnv,
): NodeJS.ProcessEnv {
  const names = [...ENVIRONMENT, ...declared];
  return Object.fromEntries(names.flatMap((name) => (name in env ? [[name, env[name]]] : [])));
}
