/** Whether a source may have a name: pure. */

/** The pattern of the manifest; a test holds the two equal. */
export const SOURCE_NAME = /^[a-z][a-z0-9_-]{0,31}$/;

/** Taken by waitbus itself or by a source that it brings. */
export const RESERVED_NAMES: readonly string[] = [
  'waitbus',
  'kernel',
  'system',
  'agent',
  'alertmanager',
  'docker',
  'fs',
  'github',
  'pytest',
];

const PREFIX = 'waitbus-source-';

/** The name of the source, whether it or its package is given. */
export function sourceNameOf(given: string): string {
  return given.startsWith(PREFIX) ? given.slice(PREFIX.length) : given;
}

export function packageNameOf(source: string): string {
  return `${PREFIX}${source}`;
}

/** @returns why there can be no source of this name, or null */
export function problemOfName(name: string): string | null {
  if (RESERVED_NAMES.includes(name)) {
    return `the name ${name} is reserved for waitbus itself; choose another`;
  }
  if (SOURCE_NAME.test(name)) return null;
  return `${JSON.stringify(name)} is no name for a source: it begins with a small letter and has at most 32 of a-z, 0-9, _ and -`;
}
