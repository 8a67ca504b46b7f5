/**
 * What was agreed to against what a manifest asks for: pure. A pin is the word of the user, a
 * manifest that of the author; the process of a source gets what both say.
 */
import type { Capabilities } from '../manifest/index.js';

/** Whether a pin has exactly the capabilities that a package asks for, in whatever order. */
export function isAgreed(pinned: Capabilities, asked: Capabilities): boolean {
  return textOf(pinned) === textOf(asked);
}

/** What of the asked was agreed to. */
export function agreedOf(pinned: Capabilities, asked: Capabilities): Capabilities {
  const both = (key: Exclude<keyof Capabilities, 'nativeAddon'>) =>
    asked[key].filter((one) => pinned[key].includes(one));
  return {
    net: both('net'),
    fsRead: both('fsRead'),
    fsWrite: both('fsWrite'),
    childProcess: both('childProcess'),
    env: both('env'),
    nativeAddon: asked.nativeAddon && pinned.nativeAddon,
  };
}

function textOf(capabilities: Capabilities): string {
  const members = Object.entries(capabilities).map(([key, value]: [string, unknown]) => [
    key,
    Array.isArray(value) ? [...new Set(value.map(String))].sort() : value,
  ]);
  return JSON.stringify(members.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)));
}
