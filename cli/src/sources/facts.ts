/** What is known of the installed sources without running any: pinned, configured, secrets granted. */
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import type { Config } from '../config/config.js';
import { didYouMean } from '../config/suggest.js';
import { takeInventory, type InstalledSource, type Inventory } from '../host/inventory.js';
import type { Installation } from '../installation.js';
import type { Paths } from '../paths.js';
import { grantedTo, readSecrets, type Secrets } from '../secrets.js';

export type Setup =
  | 'enabled'
  | 'disabled'
  /** It runs whenever the daemon does, once the configuration has a section for it. */
  | 'needs setup';

export interface SourceFacts {
  readonly source: InstalledSource;
  readonly setup: Setup;
  /** The configuration has a section for it: the user wants it. */
  readonly isConfigured: boolean;
  /** Secrets that it asks for and that were not granted to it. */
  readonly missingSecrets: readonly string[];
}

export interface Gathered {
  /** By name, sorted. */
  readonly facts: ReadonlyMap<string, SourceFacts>;
  readonly problems: Inventory['problems'];
}

export async function gatherSources(
  installation: Installation,
  paths: Paths,
  config: Config,
): Promise<Gathered> {
  const { sources, problems } = await takeInventory(installation, paths);
  const secrets = secretsOrNone(paths);
  const names = [...sources.keys()].sort();
  const facts = names.flatMap((name) => {
    const source = sources.get(name);
    return source === undefined ? [] : [[name, factsOf(source, config, secrets)] as const];
  });
  return { facts: new Map(facts), problems };
}

/** @throws WaitbusError WAITBUS_UNKNOWN_SOURCE */
export function factsFor({ facts }: Gathered, name: string): SourceFacts {
  const found = facts.get(name);
  if (found !== undefined) return found;
  throw new WaitbusError(
    'WAITBUS_UNKNOWN_SOURCE',
    `source ${name} is not installed${didYouMean(name, facts.keys())}`,
    'waitbus source list shows those that are.',
  );
}

/** The command that grants a secret that a source asks for. */
export function grantCommand(secret: string, { facts }: Gathered, name: string): string {
  const asking = [...facts.values()].filter(({ source }) =>
    source.manifest.secrets?.includes(secret),
  );
  return `waitbus secret set ${secret}${asking.length > 1 ? ` --for ${name}` : ''}`;
}

function factsOf(source: InstalledSource, config: Config, secrets: Secrets): SourceFacts {
  const { name, manifest } = source;
  const granted = grantedTo(secrets, source);
  return {
    source,
    setup: setupOf(source, config),
    isConfigured: Object.hasOwn(config.sources, name),
    missingSecrets: (manifest.secrets ?? []).filter((secret) => !Object.hasOwn(granted, secret)),
  };
}

function setupOf({ name, manifest }: InstalledSource, config: Config): Setup {
  if (config.disabled.includes(name)) return 'disabled';
  const isConfigured = Object.hasOwn(config.sources, name);
  return manifest.activation === 'always' && !isConfigured ? 'needs setup' : 'enabled';
}

/** A file of secrets that is not to be used grants none; who needs one says so. */
function secretsOrNone(paths: Paths): Secrets {
  try {
    return readSecrets(paths.secrets);
  } catch {
    return new Map();
  }
}
