/** Checks of one pin that look at several of its members together. */
import type { Check } from './check.js';

/** The bytes of what is fetched are fixed by a sha512; what ships with waitbus is not fetched. */
export const rootIntegrity: Check = (value, path, problems) => {
  const { origin, integrity } = Object(value) as { origin?: unknown; integrity?: unknown };
  if (integrity === null && origin !== 'workspace') {
    problems.push(`${path}.integrity: must be exactly one sha512`);
  }
};

/**
 * No two places are one on a file system that knows no case, and what comes within a tarball, so
 * has no sha512 of its own, lies within another package.
 */
export const dependencyKeys: Check = (value, path, problems) => {
  const { dependencies } = Object(value) as { dependencies?: unknown };
  const seen = new Set<string>();
  for (const [key, member] of Object.entries(Object(dependencies) as object)) {
    const where = `${path}.dependencies.${key}`;
    const folded = key.toLowerCase();
    if (seen.has(folded)) problems.push(`${where}: is there twice, in capitals and without`);
    seen.add(folded);
    const { integrity } = Object(member) as { integrity?: unknown };
    if (integrity === null && !key.includes('/node_modules/')) {
      problems.push(`${where}.integrity: must be exactly one sha512`);
    }
  }
};
