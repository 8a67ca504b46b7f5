/** An error in one line, with what Node's permission model refused where it says only that it did. */

import { errorText } from '../envelope/index.js';

export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, permission, resource } = error as Error & Record<string, unknown>;
  if (code !== 'ERR_ACCESS_DENIED' || typeof permission !== 'string') return errorText(error);
  const what = typeof resource === 'string' && resource !== '' ? ` ${resource}` : '';
  // Newer versions of Node name the flag to add, which is not the author's to give.
  return `access denied: ${permission}${what}, which its manifest does not declare`;
}
