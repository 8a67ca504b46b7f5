/**
 * From the text of a package.json to a checked manifest, with all problems together. Pure: whoever
 * reads the file hands in its text. Loads the schema library.
 */
import type { z } from 'zod';
import { notJson, WaitbusError } from '../envelope/index.js';
import { MANIFEST_KEY, type Manifest } from './entry.js';
import { packageSchema } from './schema.js';

/**
 * Reads the manifest out of a package.json.
 * @param packageJson the file's text
 * @param file its path, for messages only
 * @throws WaitbusError WAITBUS_BAD_MANIFEST with every problem, each with its path
 */
export function readManifest(packageJson: string, file: string): Manifest {
  let data: unknown;
  try {
    data = JSON.parse(packageJson);
  } catch {
    throw bad(file, [`is ${notJson(packageJson)}`]);
  }
  const hidden = hiddenKeys((Object(data) as Record<string, unknown>)[MANIFEST_KEY]);
  if (hidden.length > 0) throw bad(file, hidden);
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
    nodeRange: engines.node,
    sources: parsed.data[MANIFEST_KEY],
  };
}

/** A schema passes over the key `__proto__`, and who reads the manifest as it stands would not. */
function hiddenKeys(declared: unknown): readonly string[] {
  const problems: string[] = [];
  const left: [path: string, value: unknown][] = [[MANIFEST_KEY, declared]];
  for (const [path, value] of left) {
    if (typeof value !== 'object' || value === null) continue;
    for (const [key, member] of Object.entries(value)) {
      if (key === '__proto__') problems.push(`${path}.${key}: is no key`);
      else left.push([`${path}.${key}`, member]);
    }
  }
  return problems;
}

/** Of a bad key zod says only that it is bad; the reason lies below. */
function messageOf(issue: z.core.$ZodIssue): string {
  return issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
}

function pathOf(path: readonly PropertyKey[]): string {
  return path.length === 0 ? 'package.json' : path.map(String).join('.');
}

function bad(file: string, problems: readonly string[]): WaitbusError {
  return new WaitbusError('WAITBUS_BAD_MANIFEST', file, undefined, { problems });
}
