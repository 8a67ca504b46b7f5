/** plugins.lock.json: one canonical text, and a refusal for everything else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  compareCodePoints,
  EMPTY_LOCKFILE,
  formatLockfile,
  parseLockfile,
  trust,
  type Lockfile,
  type Observed,
  type Pin,
} from '@waitbus/plugin-sdk/lockfile';

const H1 = `h1:${'A'.repeat(43)}=`;
const PIN: Pin = {
  capabilities: {
    childProcess: [],
    env: ['KUBECONFIG'],
    fsRead: ['~/.kube'],
    fsWrite: [],
    nativeAddon: false,
    net: ['*'],
  },
  content: H1,
  contract: 'waitbus.sources.v1',
  dependencies: {
    'node_modules/ws': {
      content: H1,
      integrity: `sha512-${'A'.repeat(86)}==`,
      optional: false,
      version: '8.18.0',
    },
  },
  evidence: 'registry',
  firstPinnedAt: '2026-11-22T00:00:00Z',
  installScripts: 'none',
  integrity: `sha512-${'A'.repeat(86)}==`,
  manifest: `sha256-${'A'.repeat(43)}=`,
  origin: 'registry',
  publisher: null,
  sources: ['k8s'],
  version: '1.4.2',
};
const LOCK: Lockfile = { lockfileVersion: 1, plugins: { 'waitbus-source-k8s': PIN } };
const TEXT = formatLockfile(LOCK);

function assertRefused(text: string, says: RegExp): void {
  assert.throws(() => parseLockfile(text, '/x/plugins.lock.json'), {
    code: 'WAITBUS_BAD_LOCKFILE',
    message: says,
  });
}

test('the canonical text: sorted keys, two spaces, LF, one element a line, final newline', () => {
  assert.ok(TEXT.startsWith('{\n  "lockfileVersion": 1,\n  "plugins": {\n'));
  assert.ok(TEXT.endsWith('}\n'));
  assert.ok(TEXT.includes('"sources": [\n        "k8s"\n      ],'));
  assert.equal(TEXT.includes('\r'), false);
});

test('property: a lock of any pins survives the round trip, whatever the order it is given in', () => {
  const name = fc.stringMatching(
    /^(@[a-z][a-z0-9]{0,8}\/)?[a-z0-9~-][a-z0-9._~-]{0,9}[a-z0-9_~-]$/,
  );
  const source = fc.stringMatching(/^[a-z][a-z0-9_-]{0,8}$/);
  const version = fc.stringMatching(
    /^(0|[1-9]\d{0,5})\.0\.[1-9]\d{0,5}(-[a-z][A-Z0-9a-z]{0,8}(\.[a-z]{1,3})?)?$/,
  );
  const pin = fc
    .tuple(version, fc.array(source, { maxLength: 4 }))
    .map(([version, sources]): Pin => ({ ...PIN, version, sources }));
  const plugins = fc.array(fc.tuple(name, pin), { maxLength: 6 });
  fc.assert(
    fc.property(plugins, (entries) => {
      const usual = entries.filter(([key]) => key !== '__proto__');
      const forth: Lockfile = { lockfileVersion: 1, plugins: Object.fromEntries(usual) };
      const back = {
        plugins: Object.fromEntries([...usual].reverse()),
        lockfileVersion: 1,
      } as const;
      const text = formatLockfile(forth);
      assert.deepEqual(parseLockfile(text, 'x'), forth);
      if (new Set(usual.map(([key]) => key)).size === usual.length) {
        assert.equal(formatLockfile(back), text);
      }
    }),
    { numRuns: 300 },
  );
});

test('keys are sorted by code point, not by UTF-16 unit', () => {
  assert.ok('\u{1f600}' < '\uffee');
  assert.ok(compareCodePoints('\u{1f600}', '\uffee') > 0);
  const text = formatLockfile({ lockfileVersion: 1, plugins: { '\u{1f600}': PIN, '\uffee': PIN } });
  assert.ok(text.indexOf('\uffee') < text.indexOf('\u{1f600}'));
});

test('an empty lock is canonical too', () => {
  const text = formatLockfile(EMPTY_LOCKFILE);
  assert.equal(text, '{\n  "lockfileVersion": 1,\n  "plugins": {}\n}\n');
  assert.deepEqual(parseLockfile(text, 'x'), EMPTY_LOCKFILE);
});

test('a __proto__ key is refused however it is written; a value of that name is one like any', () => {
  for (const key of ['"__proto__"', '"\\u005f_proto__"', '"__pr\\u006fto__"']) {
    assertRefused(
      TEXT.replace('"plugins": {', `"plugins": {\n    ${key}: {},`),
      /holds a __proto__ key/,
    );
  }
  const lock = {
    ...LOCK,
    plugins: { x: { ...PIN, capabilities: { ...PIN.capabilities, env: ['__proto__'] } } },
  };
  assert.deepEqual(parseLockfile(formatLockfile(lock), 'x'), lock);
});

test('every refusal names the file and, where it can, the line', async (t) => {
  const versionLine = TEXT.split('\n').findIndex((line) => line.includes('"version": "1.4.2"')) + 1;
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['empty', '', /^\/x\/plugins\.lock\.json: /],
    ['truncated', TEXT.slice(0, TEXT.length / 2), /^\/x\/plugins\.lock\.json: /],
    ['no final newline', TEXT.trimEnd(), /line \d+ is not in canonical form/],
    ['a second final newline', `${TEXT}\n`, /line \d+ is not in canonical form/],
    ['a byte order mark', `\ufeff${TEXT}`, /plugins\.lock\.json: /],
    [
      'merge markers',
      TEXT.replace('  "plugins"', '<<<<<<< HEAD\n=======\n>>>>>>> x\n  "plugins"'),
      /line 3 holds a merge conflict marker/,
    ],
    ['CRLF', TEXT.replaceAll('\n', '\r\n'), /line 1 is not in canonical form/],
    ['other indentation', JSON.stringify(LOCK, null, 4), /line 2 is not in canonical form/],
    [
      'unsorted keys',
      TEXT.replace('  "lockfileVersion": 1,\n  "plugins": ', '  "plugins": ').replace(
        /\n}\n$/,
        ',\n  "lockfileVersion": 1\n}\n',
      ),
      /line 2 is not in canonical form/,
    ],
    [
      'a duplicate key',
      TEXT.replace(
        '      "version": "1.4.2"',
        '      "version": "1.0.0",\n      "version": "1.4.2"',
      ),
      new RegExp(`line ${versionLine} is not in canonical form`),
    ],
    [
      'a duplicate package whose first pin is hidden',
      TEXT.replace('  "plugins": {\n', '  "plugins": {\n    "waitbus-source-k8s": {},\n'),
      /is not in canonical form/,
    ],
    [
      'a __proto__ key among the plugins',
      TEXT.replace('  "plugins": {\n', '  "plugins": {\n    "__proto__": {},\n'),
      /line 4 holds a __proto__ key/,
    ],
    [
      'a __proto__ key at the top',
      TEXT.replace('  "plugins"', '  "__proto__": {},\n  "plugins"'),
      /line 3 holds a __proto__ key/,
    ],
    [
      'a __proto__ key in a pin',
      TEXT.replace('      "sources"', '      "__proto__": {},\n      "sources"'),
      /line \d+ holds a __proto__ key/,
    ],
    ['an unknown field', TEXT.replace('  "plugins"', '  "note": 1,\n  "plugins"'), /note/],
    [
      'an unknown field of a pin',
      TEXT.replace('      "sources"', '      "trusted": true,\n      "sources"'),
      /plugins\.waitbus-source-k8s: .*trusted/,
    ],
    [
      'a newer version',
      TEXT.replace('"lockfileVersion": 1', '"lockfileVersion": 2'),
      /lockfileVersion 2 is newer than the 1 known here/,
    ],
    ['another version', TEXT.replace('"lockfileVersion": 1', '"lockfileVersion": 0'), /lockfileV/],
    ['no version', TEXT.replace('  "lockfileVersion": 1,\n', ''), /lockfileVersion/],
    ['a sha1', TEXT.replaceAll(/sha512-A+==/g, `sha1-${'A'.repeat(27)}=`), /exactly one sha512/],
    [
      'two hashes',
      TEXT.replaceAll(/(sha512-A+==)/g, '$1 $1'),
      /integrity: must be exactly one sha512/,
    ],
    ['an empty integrity', TEXT.replaceAll(/sha512-A+==/g, ''), /exactly one sha512/],
    ['a content hash of another scheme', TEXT.replaceAll('h1:', 'h0:'), /must be h1:/],
    ['a missing member', TEXT.replace(/ {6}"sources": \[\n.*\n {6}\],\n/, ''), /sources/],
    ['JSON that is no object', '[]\n', /plugins\.lock\.json/],
    ['JSON null', 'null\n', /plugins\.lock\.json/],
  ];
  for (const [what, text, says] of cases) {
    await t.test(what, () => {
      assert.notEqual(text, TEXT);
      assertRefused(text, says);
    });
  }
});

test('a refusal names every wrong member, not the first', () => {
  const wrong = TEXT.replace(
    '"registry",\n      "firstPinnedAt": "2026',
    '"hearsay",\n      "firstPinnedAt": "x2026',
  );
  assertRefused(wrong, /evidence: [\s\S]*firstPinnedAt: /);
});

const OBSERVED: Observed = {
  version: PIN.version,
  content: PIN.content,
  manifest: PIN.manifest,
  sources: PIN.sources,
};

test('the trust decision: without a pin it is a first use, with an equal one a match', () => {
  assert.deepEqual(trust(undefined, OBSERVED), { verdict: 'first-use' });
  assert.deepEqual(trust(PIN, OBSERVED), { verdict: 'match' });
});

for (const [what, change, reason] of [
  ['version', { version: '1.4.3' }, /version is 1\.4\.3, pinned 1\.4\.2/],
  ['content', { content: `h1:${'B'.repeat(43)}=` }, /files differ/],
  ['manifest', { manifest: `sha256-${'B'.repeat(43)}=` }, /manifest differs/],
  ['sources, one more', { sources: ['k8s', 'x'] }, /declares k8s, x, pinned k8s/],
  ['sources, none', { sources: [] }, /pinned k8s/],
  ['sources, another', { sources: ['github'] }, /declares github/],
] as const) {
  test(`the trust decision: another ${what} is a change, with the reason`, () => {
    const decision = trust(PIN, { ...OBSERVED, ...change });
    assert.equal(decision.verdict, 'changed');
    assert.equal(decision.verdict === 'changed' && decision.reasons.length, 1);
    assert.match(decision.verdict === 'changed' ? decision.reasons.join() : '', reason);
  });
}

test('the trust decision gives every reason at once', () => {
  const decision = trust(PIN, { version: '2.0.0', content: '', manifest: '', sources: [] });
  assert.equal(decision.verdict === 'changed' && decision.reasons.length, 4);
});
