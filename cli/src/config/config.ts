/**
 * The configuration: what it says, its defaults, and whether there is a file at all. Without one
 * neither its reader nor the schema library is loaded: an idle daemon would keep them for nothing.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Durability } from '@waitbus/kernel';

export interface Config {
  /** `normal` survives a killed process; `full` a power failure as well. */
  readonly durability: Durability;
  readonly retention: {
    /** Milliseconds. */
    readonly maxAge?: number | undefined;
    /** Bytes. */
    readonly maxSize?: number | undefined;
  };
  readonly log: { readonly level: 'debug' | 'info' | 'warn' | 'error' };
  /** Each source's own section, checked by the source. */
  readonly sources: Readonly<Record<string, unknown>>;
}

export const DEFAULT_CONFIG: Config = {
  durability: 'normal',
  retention: {},
  log: { level: 'info' },
  sources: {},
};

export const CONFIG_FILES = ['config.json', 'config.yaml', 'config.yml'] as const;

/** @throws WaitbusError WAITBUS_BAD_CONFIG with every problem and its path */
export async function loadConfig(configDir: string): Promise<Config> {
  if (!CONFIG_FILES.some((name) => existsSync(join(configDir, name)))) return DEFAULT_CONFIG;
  const { readConfig } = await import('./read-config.js');
  return readConfig(configDir);
}
