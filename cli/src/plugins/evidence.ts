/** What speaks for a package beyond its bytes. */
import type { Pin } from '@waitbus/plugin-sdk/lockfile';
import type { Spec } from './spec.js';

export type Evidence = (
  origin: Spec['kind'],
  artifact: { readonly name: string; readonly version: string; readonly integrity: string },
) => Promise<Pick<Pin, 'evidence' | 'publisher'>>;

/** A package of the registry has its integrity to speak for it, one of the user's own the user. */
export const evidenceOf: Evidence = async (origin) => ({
  evidence: origin === 'registry' ? 'registry' : 'local',
  publisher: null,
});
