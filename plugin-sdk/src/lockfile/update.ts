/**
 * What happens to a pin when the package comes anew: pure. The same publisher that asks for no more
 * may replace it; one that asks for more is asked about; another publisher, or other bytes under the
 * same number, are refused.
 */
import { NO_CAPABILITIES, type Capabilities, type Declared } from '../manifest/index.js';
import { compareCodePoints, type DependencyPin, type Pin, type Publisher } from './lockfile.js';

export type Update =
  /** Nothing differs. */
  | { readonly verdict: 'same' }
  /** May be pinned again once the differences were shown. */
  | { readonly verdict: 'accept'; readonly changes: readonly string[] }
  /** Asks for more than was agreed to. */
  | {
      readonly verdict: 'ask';
      readonly changes: readonly string[];
      readonly more: readonly string[];
    }
  /** Never by a yes alone. */
  | {
      readonly verdict: 'refuse';
      readonly why: 'bytes' | 'publisher';
      readonly reasons: readonly string[];
    };

/** The capabilities that are lists; the others are yes or no. */
const LISTS = (Object.keys(NO_CAPABILITIES) as (keyof Capabilities)[]).filter(
  (key): key is Exclude<keyof Capabilities, 'nativeAddon'> => Array.isArray(NO_CAPABILITIES[key]),
);
const STRENGTH = { local: 0, registry: 1, provenance: 2 } as const;

/**
 * @param allowPublisher the person said to replace the publisher: such a change is asked about
 * @param declared how their manifests differ beside their capabilities; a pin holds that only
 *   within the hash of its manifest
 */
export function decideUpdate(
  pinned: Pin,
  next: Pin,
  allowPublisher = false,
  declared: Declared = { more: [], changes: [] },
): Update {
  const bytes = sameVersionOtherBytes(pinned, next);
  if (bytes.length > 0) return { verdict: 'refuse', why: 'bytes', reasons: bytes };
  const publisher = publisherReasons(pinned, next);
  if (publisher.length > 0 && !allowPublisher) {
    return { verdict: 'refuse', why: 'publisher', reasons: publisher };
  }
  const more = [...publisher, ...demands(pinned, next), ...declared.more];
  const changes = [...differences(pinned, next), ...declared.changes];
  if (more.length > 0) return { verdict: 'ask', changes, more };
  return changes.length > 0 ? { verdict: 'accept', changes } : { verdict: 'same' };
}

/** What a pin asks for, one line each, in the words of the manifest. */
export function describeCapabilities(capabilities: Capabilities): string[] {
  const lists = LISTS.flatMap((key) =>
    capabilities[key].length === 0 ? [] : [`${key}: ${capabilities[key].join(', ')}`],
  );
  return capabilities.nativeAddon ? [...lists, 'nativeAddon: loads native code'] : lists;
}

/** What the next one asks for beyond the pinned one. */
function demands(pinned: Pin, next: Pin): string[] {
  const more = LISTS.flatMap((key) => {
    const had = pinned.capabilities[key];
    if (had.includes('*')) return [];
    const added = next.capabilities[key].filter((one) => !had.includes(one));
    return added.length === 0 ? [] : [`wants more ${key}: ${added.join(', ')}`];
  });
  if (next.capabilities.nativeAddon && !pinned.capabilities.nativeAddon) {
    more.push('wants to load native code');
  }
  const names = next.sources.filter((name) => !pinned.sources.includes(name));
  if (names.length > 0) more.push(`declares another source: ${names.join(', ')}`);
  if (next.installScripts === 'declared' && pinned.installScripts === 'none') {
    more.push('has install scripts, which waitbus does not run');
  }
  return more;
}

function sameVersionOtherBytes(pinned: Pin, next: Pin): string[] {
  const reasons: string[] = [];
  if (pinned.version === next.version) {
    const own = ['content', 'integrity', 'manifest'] as const;
    const differ = own.filter((key) => pinned[key] !== next[key]);
    // A package may come from elsewhere, with the same bytes; then only its tarball may differ.
    const moved = pinned.origin !== next.origin && differ.every((key) => key === 'integrity');
    if (differ.length > 0 && !moved) {
      reasons.push(`version ${next.version} is pinned with other bytes (${differ.join(', ')})`);
    }
  }
  for (const [path, dependency] of Object.entries(next.dependencies)) {
    const before = Object.hasOwn(pinned.dependencies, path) ? pinned.dependencies[path] : undefined;
    if (before !== undefined && otherBytes(before, dependency)) {
      reasons.push(`${path} ${dependency.version} is pinned with other bytes`);
    }
  }
  return reasons;
}

/**
 * A pin that also knows what the old one knew: the bytes of an optional dependency that is for
 * another platform than this are known only there.
 */
export function withKnownContents(pinned: Pin, next: Pin): Pin {
  const dependencies = Object.entries(next.dependencies).map(([path, dependency]) => {
    const before = Object.hasOwn(pinned.dependencies, path) ? pinned.dependencies[path] : undefined;
    const same =
      before?.version === dependency.version && before.integrity === dependency.integrity;
    const content = dependency.content ?? (same ? before.content : null);
    return [path, { ...dependency, content }] as const;
  });
  return { ...next, dependencies: Object.fromEntries(dependencies) };
}

function otherBytes(before: DependencyPin, after: DependencyPin): boolean {
  if (before.version !== after.version) return false;
  const differs = (a: string | null, b: string | null) => a !== null && b !== null && a !== b;
  return differs(before.integrity, after.integrity) || differs(before.content, after.content);
}

function publisherReasons(pinned: Pin, next: Pin): string[] {
  if (STRENGTH[next.evidence] < STRENGTH[pinned.evidence]) {
    return [`evidence is ${next.evidence}, pinned with ${pinned.evidence}`];
  }
  const { publisher: before } = pinned;
  const { publisher: after } = next;
  if (before === null || after === null || samePublisher(before, after)) return [];
  return [`is published by ${describePublisher(after)}, pinned by ${describePublisher(before)}`];
}

/** The numbers decide, not the names: a repository may be renamed, and a name taken over. */
export function samePublisher(a: Publisher, b: Publisher): boolean {
  return (
    a.issuer === b.issuer &&
    a.repositoryId === b.repositoryId &&
    a.ownerId === b.ownerId &&
    a.workflow === b.workflow
  );
}

export function describePublisher(publisher: Publisher): string {
  const { repository, repositoryId, workflow, issuer } = publisher;
  return `${repository} (id ${repositoryId}), ${workflow}, by ${issuer}`;
}

/** Everything that a person should see before it is pinned again. */
function differences(pinned: Pin, next: Pin): string[] {
  const changes: string[] = [];
  const say = (what: string, before: string, after: string) => {
    if (before !== after) changes.push(`${what}: ${before} -> ${after}`);
  };
  say('version', pinned.version, next.version);
  say('evidence', pinned.evidence, next.evidence);
  say('origin', pinned.origin, next.origin);
  say('publisher', publisherText(pinned), publisherText(next));
  say('sources', pinned.sources.join(', '), next.sources.join(', '));
  say('install scripts', pinned.installScripts, next.installScripts);
  for (const key of LISTS) {
    say(key, listText(pinned.capabilities[key]), listText(next.capabilities[key]));
  }
  say('native code', yesNo(pinned.capabilities.nativeAddon), yesNo(next.capabilities.nativeAddon));
  const paths = new Set([...Object.keys(pinned.dependencies), ...Object.keys(next.dependencies)]);
  for (const path of [...paths].sort(compareCodePoints)) {
    say(path, versionOf(pinned, path), versionOf(next, path));
    const learnt = typeof next.dependencies[path]?.content === 'string';
    if (pinned.dependencies[path]?.content === null && learnt) {
      changes.push(`${path}: its bytes on this platform`);
    }
  }
  return changes;
}

const listText = (list: readonly string[]) =>
  list.length === 0 ? 'none' : [...list].sort(compareCodePoints).join(', ');
const yesNo = (flag: boolean) => (flag ? 'yes' : 'no');
const publisherText = ({ publisher }: Pin) =>
  publisher === null ? 'unknown' : describePublisher(publisher);
const versionOf = ({ dependencies }: Pin, path: string) =>
  Object.hasOwn(dependencies, path) ? (dependencies[path]?.version ?? 'none') : 'none';
