/** What the tests of real harnesses need, and the word of why they are skipped without it. */
import { programOf } from './cache.js';
import type { RealHarness } from './versions.js';

/** @returns false, or why a test that needs these is skipped */
export function lacks(...names: readonly RealHarness[]): string | false {
  if (process.env['WAITBUS_HARNESSES'] !== '1') return 'npm run test:harnesses runs it';
  const missing = names.filter((name) => programOf(name) === null);
  return missing.length === 0 ? false : `not in the cache: ${missing.join(', ')}`;
}
