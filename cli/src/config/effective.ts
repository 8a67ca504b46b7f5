/** The configuration as it counts: each value with where it comes from. */
import { isObject } from '@waitbus/plugin-sdk/envelope';
import type { Installation } from '../installation.js';
import type { Paths } from '../paths.js';
import type { Answer } from './ask-source.js';
import { DEFAULT_CONFIG } from './config.js';
import type { ConfigText } from './find.js';
import type { Parsed } from './parse.js';
import { badConfig, pathText, type Path } from './problems.js';
import { checkText } from './read.js';
import { askSources, installedSources } from './sections.js';

export interface Setting {
  readonly key: string;
  /** As it is written; null when it is not set. */
  readonly value: unknown;
  readonly origin: 'default' | 'file' | 'environment';
  /** Of the file. */
  readonly line: number | null;
  /** Of the environment. */
  readonly variable: string | null;
}

const KEYS: readonly Path[] = [
  ['durability'],
  ['retention', 'maxAge'],
  ['retention', 'maxSize'],
  ['log', 'level'],
  ['disabled'],
];

/** What only the environment sets, and by which variables. */
const PLACES = [
  ['directories.state', 'stateDir', ['WAITBUS_STATE_DIR', 'XDG_STATE_HOME']],
  ['directories.runtime', 'runtimeDir', ['WAITBUS_RUNTIME_DIR', 'XDG_RUNTIME_DIR']],
  ['directories.config', 'configDir', ['WAITBUS_CONFIG_DIR', 'XDG_CONFIG_HOME']],
  ['lockfile', 'lockfile', ['WAITBUS_LOCKFILE']],
] as const;

/** @throws WaitbusError WAITBUS_BAD_CONFIG */
export async function effectiveConfig(
  found: ConfigText | null,
  installation: Installation,
  paths: Paths,
  env: NodeJS.ProcessEnv,
): Promise<Setting[]> {
  const { parsed, config, problems } = found === null ? NOTHING : checkText(found);
  if (found !== null && config === null) throw badConfig(found.file, problems);
  const installed = await installedSources(installation, paths);
  const written = (config ?? DEFAULT_CONFIG).sources;
  const names = [...new Set([...installed.keys(), ...Object.keys(written)])].sort();
  const asked = [...installed.values()].map((source) => [source, written[source.name]] as const);
  const answers = await askSources(new Map(asked), installation, paths);
  return [
    ...KEYS.map((path) => own(path, parsed)),
    ...names.flatMap((name) => ofSource(name, written[name], answers.get(name), parsed)),
    ...PLACES.map(([key, member, variables]) => place(key, paths[member], variables, env)),
  ];
}

const NOTHING = { parsed: null, config: null, problems: [] };

function own(path: Path, parsed: Parsed | null): Setting {
  const value = parsed === null ? undefined : valueAt(parsed.data, path);
  if (value !== undefined && value !== null) return inFile(path, value, parsed);
  return byDefault(path, valueAt(DEFAULT_CONFIG, path) ?? null);
}

/** With the source's own defaults, where it could be asked. */
function ofSource(
  name: string,
  section: unknown,
  answer: Answer | undefined,
  parsed: Parsed | null,
): Setting[] {
  const root = ['sources', name];
  const whole = answer?.asked === true && isObject(answer.config) ? answer.config : section;
  if (!isObject(whole)) return section === undefined ? [] : [inFile(root, section, parsed)];
  const keys = Object.keys(whole);
  if (keys.length === 0 && section !== undefined) return [inFile(root, {}, parsed)];
  return keys.map((key) => {
    const path = [...root, key];
    const isWritten = isObject(section) && Object.hasOwn(section, key);
    return isWritten ? inFile(path, whole[key], parsed) : byDefault(path, whole[key]);
  });
}

function inFile(path: Path, value: unknown, parsed: Parsed | null): Setting {
  const line = parsed?.lineOf(path) ?? null;
  return { key: pathText(path), value, origin: 'file', line, variable: null };
}

function byDefault(path: Path, value: unknown): Setting {
  return { key: pathText(path), value, origin: 'default', line: null, variable: null };
}

function place(
  key: string,
  value: string,
  variables: readonly string[],
  env: NodeJS.ProcessEnv,
): Setting {
  const variable = variables.find((name) => Boolean(env[name])) ?? null;
  const origin = variable === null ? 'default' : 'environment';
  return { key, value, origin, line: null, variable };
}

function valueAt(data: unknown, path: Path): unknown {
  let at = data;
  for (const key of path) at = isObject(at) ? at[String(key)] : undefined;
  return at;
}
