/**
 * What a manifest says, as types and defaults, and the reading of one that was checked before. Free
 * of the schema library: a daemon that runs pinned sources does not load it.
 */

/** The manifest key, which carries the contract's version. */
export const MANIFEST_KEY = 'waitbus.sources.v1';

/** What a source says it needs. Declared for consent; enforced where the running Node can. */
export interface Capabilities {
  readonly net: readonly string[];
  readonly fsRead: readonly string[];
  readonly fsWrite: readonly string[];
  readonly childProcess: readonly string[];
  readonly env: readonly string[];
  readonly nativeAddon: boolean;
}

export const NO_CAPABILITIES: Capabilities = Object.freeze({
  net: [],
  fsRead: [],
  fsWrite: [],
  childProcess: [],
  env: [],
  nativeAddon: false,
});

/** The name of a secret. A letter first, so that none means anything to an object. */
export const SECRET_NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,127}$/;

/** How `waitbus source env` sets a variable. */
export type ShellVariable =
  | { readonly append: string }
  /** A path relative to the package. */
  | { readonly prependPath: string }
  | { readonly value: string };

/** What a field may hold: a kind of value, or all the values that there are. null is always possible. */
export type FieldValues =
  | 'string'
  | 'integer'
  | 'number'
  | 'boolean'
  | 'object'
  | 'any'
  | readonly (string | number | boolean)[];

export interface SourceEntry {
  /** Module whose default export is the source; absent for `emit-only`. */
  readonly entry?: string | undefined;
  readonly activation: 'always' | 'on-demand' | 'emit-only';
  readonly eventTypes: readonly string[];
  /**
   * By event type, the keys of `fields` and what they hold: a wait for what is not among them is told
   * so. Absent: not known.
   */
  readonly fields?: Readonly<Record<string, Readonly<Record<string, FieldValues>>>> | undefined;
  /** Programs emit event types and fields of their own under its name. */
  readonly open?: boolean | undefined;
  /** The command that makes programs report under its name, for who waits where nothing does. */
  readonly turnOn?: string | undefined;
  /**
   * Those of its event types whose conclusion is a verdict. A wait on the source waits for one of
   * them that has ended, and its exit code is that verdict, unless it asks for something else.
   */
  readonly verdicts?: readonly string[] | undefined;
  readonly capabilities: Capabilities;
  /**
   * The key of `fields` that holds a path. With it, a subscriber that gave its `cwd` hears of what
   * lies under that directory only.
   */
  readonly scope?: string | undefined;
  /**
   * Whether two runs that observe the same happening give it the same delivery_id. `per-run`: what
   * it observes has no identity beyond one run. Default: stable.
   */
  readonly deliveryIds?: 'stable' | 'per-run' | undefined;
  /** The secrets that it asks for: the user grants each with `waitbus secret set NAME`. */
  readonly secrets?: readonly string[] | undefined;
  /** What `waitbus source env NAME` sets in a shell, for a program that emits by itself. */
  readonly shellEnv?: Readonly<Record<string, ShellVariable>> | undefined;
}

export interface Manifest {
  readonly packageName: string;
  readonly version: string;
  /** Semver range of waitbus versions that the package is written for. */
  readonly waitbusRange: string;
  /** Semver range of Node versions, when the package gives one. */
  readonly nodeRange?: string | undefined;
  readonly sources: Readonly<Record<string, SourceEntry>>;
}

/** Whether package.json text declares sources at all; false for malformed JSON. */
export function declaresSources(packageJson: string): boolean {
  if (!packageJson.includes(MANIFEST_KEY)) return false;
  try {
    return MANIFEST_KEY in (JSON.parse(packageJson) as object);
  } catch {
    return false;
  }
}

/** A source as its author may write it, capabilities left out. */
type WrittenEntry = Omit<SourceEntry, 'capabilities'> & {
  readonly capabilities?: Partial<Capabilities>;
};

/**
 * Reads the manifest of a package whose content equals its pin: the same bytes passed the whole
 * check when they were pinned.
 */
export function readPinnedManifest(packageJson: string): Manifest {
  const data = JSON.parse(packageJson) as {
    readonly name: string;
    readonly version: string;
    readonly engines: { readonly waitbus: string; readonly node?: string };
    readonly [MANIFEST_KEY]: Readonly<Record<string, WrittenEntry>>;
  };
  const sources = Object.entries(data[MANIFEST_KEY]).map(([name, entry]): [string, SourceEntry] => [
    name,
    { ...entry, capabilities: { ...NO_CAPABILITIES, ...entry.capabilities } },
  ]);
  return {
    packageName: data.name,
    version: data.version,
    waitbusRange: data.engines.waitbus,
    nodeRange: data.engines.node,
    sources: Object.fromEntries(sources),
  };
}

/** What a package may do: the union over its sources, each list sorted and without repeats. */
export function packageCapabilities(manifest: Manifest): Capabilities {
  const all = Object.values(manifest.sources).map((source) => source.capabilities);
  const union = (pick: (one: Capabilities) => readonly string[]) =>
    [...new Set(all.flatMap(pick))].sort();
  return {
    net: union((one) => one.net),
    fsRead: union((one) => one.fsRead),
    fsWrite: union((one) => one.fsWrite),
    childProcess: union((one) => one.childProcess),
    env: union((one) => one.env),
    nativeAddon: all.some((one) => one.nativeAddon),
  };
}
