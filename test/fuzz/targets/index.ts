/** All that can be fuzzed. */
import type { Target } from '../target.js';
import { frames } from './frames.js';
import { lockfile } from './lockfile.js';
import { manifest } from './manifest.js';
import { predicates } from './predicates.js';
import { requests } from './requests.js';
import { webhook } from './webhook.js';

export const TARGETS: Readonly<Record<string, () => Target>> = {
  frames: () => frames,
  requests,
  predicates: () => predicates,
  manifest: () => manifest,
  lockfile: () => lockfile,
  webhook,
};
