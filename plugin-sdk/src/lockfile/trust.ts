/**
 * The trust decision, pure: what was pinned against what is observed on disk.
 */
import type { Pin } from './lockfile.js';

/** What a look at an installed package found. */
export interface Observed {
  readonly version: string;
  readonly content: string;
  readonly manifest: string;
  readonly sources: readonly string[];
}

export type Trust =
  | { readonly verdict: 'first-use' }
  | { readonly verdict: 'match' }
  | { readonly verdict: 'changed'; readonly reasons: readonly string[] };

/** `match` only when version, manifest, sources and every byte are those of the pin. */
export function trust(pinned: Pin | undefined, observed: Observed): Trust {
  if (pinned === undefined) return { verdict: 'first-use' };
  const reasons: string[] = [];
  if (pinned.version !== observed.version) {
    reasons.push(`version is ${observed.version}, pinned ${pinned.version}`);
  }
  if (pinned.manifest !== observed.manifest) reasons.push('its manifest differs from the pin');
  if (pinned.sources.join() !== observed.sources.join()) {
    reasons.push(`it declares ${observed.sources.join(', ')}, pinned ${pinned.sources.join(', ')}`);
  }
  if (pinned.content !== observed.content) reasons.push('its files differ from the pin');
  return reasons.length === 0 ? { verdict: 'match' } : { verdict: 'changed', reasons };
}
