/**
 * From the text of a package.json to a checked manifest, with all problems together. Pure: whoever
 * reads the file hands in its text. Loads the schema library.
 */
import type { z } from 'zod';
import { WaitbusError } from '../envelope/index.js';
import { MANIFEST_KEY, type Manifest } from './entry.js';
import { packageSchema } from './schema.js';

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
  // A schema passes over this key, and who reads the manifest as it stands would not.
  const declared = (Object(data) as Record<string, unknown>)[MANIFEST_KEY];
  if (Object.hasOwn(Object(declared) as object, '__proto__')) {
    throw bad(file, [`${MANIFEST_KEY}.__proto__: is no name of a source`]);
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
    nodeRange: engines.node,
    sources: parsed.data[MANIFEST_KEY],
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
