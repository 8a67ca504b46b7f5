/**
 * The configuration: what it says, its defaults, and whether there is a file at all. Without one
 * neither its reader nor the schema library is loaded: an idle daemon would keep them for nothing.
 */
import { lstatSync } from 'node:fs';
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
  /** Sources that do not run, whoever waits on them. */
  readonly disabled: readonly string[];
  /** Each source's own section, checked by the source. */
  readonly sources: Readonly<Record<string, unknown>>;
}

export const DEFAULT_CONFIG: Config = {
  durability: 'normal',
  retention: {},
  log: { level: 'info' },
  disabled: [],
  sources: {},
};

/** The names that the file may have; only one of them may be there. */
export const CONFIG_FILES = ['config.json', 'config.yaml', 'config.yml'] as const;

/** Those that are there, whatever they are: a link that leads nowhere is not "no configuration". */
export function configFilesIn(configDir: string): string[] {
  const files = CONFIG_FILES.map((name) => join(configDir, name));
  return files.filter((file) => lstatSync(file, { throwIfNoEntry: false }) !== undefined);
}

/** @throws WaitbusError WAITBUS_BAD_CONFIG with every problem, its line and its path */
export async function loadConfig(configDir: string): Promise<Config> {
  if (isAbsent(configDir)) return DEFAULT_CONFIG;
  const { readConfig } = await import('./read.js');
  return readConfig(configDir);
}

function isAbsent(configDir: string): boolean {
  try {
    return configFilesIn(configDir).length === 0;
  } catch {
    // What is in the way is told by the reader.
    return false;
  }
}
