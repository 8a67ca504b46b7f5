/** What happens to a pin when the package comes anew. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  decideUpdate,
  withKnownContents,
  type DependencyPin,
  type Pin,
  type Publisher,
  type Update,
} from '@waitbus/plugin-sdk/lockfile';
import { NO_CAPABILITIES } from '@waitbus/plugin-sdk/manifest';

const sha512 = (letter: string) => `sha512-${letter.repeat(86)}==`;
const h1 = (letter: string) => `h1:${letter.repeat(43)}=`;

const PUBLISHER: Publisher = {
  issuer: 'https://token.actions.githubusercontent.com',
  ownerId: '1',
  repository: 'https://github.com/o/r',
  repositoryId: '2',
  workflow: '.github/workflows/release.yml',
};
const WS: DependencyPin = {
  content: h1('W'),
  integrity: sha512('W'),
  optional: false,
  version: '8.0.0',
};
const PIN: Pin = {
  capabilities: { ...NO_CAPABILITIES, env: ['A', 'B'], fsRead: ['~/.kube'] },
  content: h1('A'),
  contract: 'waitbus.sources.v1',
  dependencies: { 'node_modules/ws': WS },
  evidence: 'provenance',
  firstPinnedAt: '2026-11-22T00:00:00Z',
  installScripts: 'none',
  integrity: sha512('A'),
  manifest: 'sha256-x',
  origin: 'registry',
  publisher: PUBLISHER,
  sources: ['k8s'],
  version: '1.0.0',
};
const NEXT: Pin = {
  ...PIN,
  version: '1.1.0',
  content: h1('B'),
  integrity: sha512('B'),
  manifest: 'sha256-y',
};

const more = (update: Update) => (update.verdict === 'ask' ? update.more : []);
const reasons = (update: Update) => (update.verdict === 'refuse' ? update.reasons.join() : '');

test('nothing differs: the same', () => {
  assert.deepEqual(decideUpdate(PIN, PIN), { verdict: 'same' });
});

test('a newer version that asks for no more is accepted, and what changes is shown', () => {
  const update = decideUpdate(PIN, { ...NEXT, capabilities: { ...NO_CAPABILITIES, env: ['B'] } });
  assert.equal(update.verdict, 'accept');
  assert.deepEqual(update.verdict === 'accept' && update.changes, [
    'version: 1.0.0 -> 1.1.0',
    'fsRead: ~/.kube -> none',
    'env: A, B -> B',
  ]);
});

test('lists in another order are no change', () => {
  const reordered = { ...PIN, capabilities: { ...PIN.capabilities, env: ['B', 'A'] } };
  assert.equal(decideUpdate(PIN, reordered).verdict, 'same');
});

for (const [what, next, says] of [
  [
    'a variable',
    { capabilities: { ...PIN.capabilities, env: ['A', 'B', 'C'] } },
    'wants more env: C',
  ],
  ['the network', { capabilities: { ...PIN.capabilities, net: ['*'] } }, 'wants more net: *'],
  [
    'native code',
    { capabilities: { ...PIN.capabilities, nativeAddon: true } },
    'wants to load native code',
  ],
  ['another source', { sources: ['k8s', 'x'] }, 'declares another source: x'],
  [
    'install scripts',
    { installScripts: 'declared' },
    'has install scripts, which waitbus does not run',
  ],
] as const) {
  test(`${what} more is asked about`, () => {
    assert.deepEqual(more(decideUpdate(PIN, { ...NEXT, ...next })), [says]);
  });
}

test('what a manifest says more is asked about, and what it says otherwise is shown', () => {
  const declared = { more: ['k8s reads the secret a'], changes: ['k8s emits b'] };
  const update = decideUpdate(PIN, NEXT, false, declared);
  assert.deepEqual(more(update), declared.more);
  assert.ok(update.verdict === 'ask' && update.changes.includes('k8s emits b'));
});

test('who may read everything asks for no more with another path', () => {
  const all = { ...PIN, capabilities: { ...PIN.capabilities, fsRead: ['*'] } };
  const next = { ...NEXT, capabilities: { ...PIN.capabilities, fsRead: ['*', '/etc'] } };
  assert.equal(decideUpdate(all, next).verdict, 'accept');
});

for (const [what, change] of [
  ['issuer', { issuer: 'https://gitlab.com' }],
  ['repository', { repositoryId: '3' }],
  ['owner', { ownerId: '9' }],
  ['workflow', { workflow: '.github/workflows/other.yml' }],
] as const) {
  test(`another ${what} is another publisher: refused, and asked about when it is to be replaced`, () => {
    const next = { ...NEXT, publisher: { ...PUBLISHER, ...change } };
    const update = decideUpdate(PIN, next);
    assert.equal(update.verdict === 'refuse' && update.why, 'publisher');
    assert.match(reasons(update), /is published by .*, pinned by /);
    assert.equal(decideUpdate(PIN, next, true).verdict, 'ask');
  });
}

test('a repository that was renamed, with its numbers, is the same publisher', () => {
  const next = { ...NEXT, publisher: { ...PUBLISHER, repository: 'https://github.com/o/renamed' } };
  assert.equal(decideUpdate(PIN, next).verdict, 'accept');
});

test('weaker evidence is refused; stronger is accepted and shown', () => {
  const weak: Pin = { ...NEXT, evidence: 'registry', publisher: null };
  assert.match(reasons(decideUpdate(PIN, weak)), /evidence is registry, pinned with provenance/);
  const before: Pin = { ...PIN, evidence: 'registry', publisher: null };
  assert.equal(decideUpdate(before, NEXT).verdict, 'accept');
});

test('other bytes under one version are refused, even when the publisher is to be replaced', () => {
  for (const change of [{ content: h1('X') }, { integrity: sha512('X') }, { manifest: 'z' }]) {
    const update = decideUpdate(PIN, { ...PIN, ...change }, true);
    assert.equal(update.verdict === 'refuse' && update.why, 'bytes');
  }
});

test('other bytes of a dependency under its version are refused; another version is shown', () => {
  const dependency = (change: Partial<DependencyPin>) => ({
    ...NEXT,
    dependencies: { 'node_modules/ws': { ...WS, ...change } },
  });
  assert.match(reasons(decideUpdate(PIN, dependency({ integrity: sha512('X') }))), /ws 8\.0\.0/);
  assert.match(reasons(decideUpdate(PIN, dependency({ content: h1('X') }))), /ws 8\.0\.0/);
  const update = decideUpdate(PIN, dependency({ version: '8.1.0', content: h1('X') }));
  assert.ok(update.verdict === 'accept');
  assert.ok(update.changes.includes('node_modules/ws: 8.0.0 -> 8.1.0'));
});

test('a pin keeps what only another platform knows of an optional dependency, and learns', () => {
  const elsewhere = { ...WS, optional: true, content: null };
  const here = { ...WS, optional: true };
  const unknown = { ...PIN, dependencies: { 'node_modules/ws': elsewhere } };
  const known = { ...PIN, dependencies: { 'node_modules/ws': here } };
  assert.deepEqual(withKnownContents(known, unknown), known);
  const update = decideUpdate(unknown, known);
  assert.deepEqual(update.verdict === 'accept' && update.changes, [
    'node_modules/ws: its bytes on this platform',
  ]);
});
