/**
 * What the source uses of a host that tells who waits and shows how a source observes; one that does
 * neither will do.
 */
import type { SourceContext } from '@waitbus/plugin-sdk';

export interface Told {
  describe?(detail: string): void;
  watchWaiters?(handler: (waiters: readonly unknown[]) => void): void;
}

export type Context<Config> = SourceContext<Config> & Told;
