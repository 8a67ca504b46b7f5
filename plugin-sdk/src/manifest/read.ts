/**
 * From the text of a package.json to a checked manifest, with all problems together. Pure: whoever
 * reads the file hands in its text.
 */
import type { z } from 'zod';
import { WaitbusError } from '../envelope/index.js';
import { MANIFEST_KEY, packageSchema, type Capabilities, type SourceEntry } from './schema.js';

export interface Manifest {
  readonly packageName: string;
  readonly version: string;
  /** Semver range of waitbus versions that the package is written for. */
  readonly waitbusRange: string;
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

/**
 * Reads the manifest out of a package.json.
 * @param packageJson the file's text
 * @param file its path, for messages only
 * @throws WaitbusError WAITBUS_BAD_MANIFEST with every problem, one a line, each with its path
 */
export function readManifest(packageJson: string, file: string): Manifest {
  let data: unknown;
  try {
    data = JSON.parse(packageJson);
  } catch (error) {
    throw bad(file, [`is not JSON: ${(error as Error).message}`]);
  }
  const parsed = packageSchema.safeParse(data);
  if (!parsed.success) {
    throw bad(
      file,
      parsed.error.issues.map((issue) => `${pathOf(issue.path)}: ${messageOf(issue)}`),
    );
  }
  const { name, version, engines } = parsed.data;
  return {
    packageName: name,
    version,
    waitbusRange: engines.waitbus,
    sources: parsed.data[MANIFEST_KEY],
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

/** Of a bad key zod says only that it is bad; the reason lies below. */
function messageOf(issue: z.core.$ZodIssue): string {
  return issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
}

function pathOf(path: readonly PropertyKey[]): string {
  return path.length === 0 ? 'package.json' : path.map(String).join('.');
}

function bad(file: string, problems: readonly string[]): WaitbusError {
  return new WaitbusError('WAITBUS_BAD_MANIFEST', `${file}:\n  ${problems.join('\n  ')}`);
}
