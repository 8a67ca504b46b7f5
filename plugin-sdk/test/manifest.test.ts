/** The manifest reader: data in, a checked manifest or every problem at once out. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { declaresSources, MANIFEST_KEY, packageCapabilities } from '@waitbus/plugin-sdk/manifest';
import { readManifest } from '@waitbus/plugin-sdk/manifest/check';

const ENTRY = { entry: './dist/index.js', activation: 'on-demand', eventTypes: ['pod_phase'] };
const GOOD = {
  name: 'waitbus-source-k8s',
  version: '1.4.2',
  engines: { waitbus: '^1.0.0', node: '>=20.19' },
  [MANIFEST_KEY]: { k8s: ENTRY },
};

function problems(packageJson: unknown): string[] {
  try {
    readManifest(JSON.stringify(packageJson), '/p/package.json');
  } catch (error) {
    assert.ok(error instanceof WaitbusError);
    assert.equal(error.code, 'WAITBUS_BAD_MANIFEST');
    assert.equal(error.heading, '/p/package.json');
    assert.equal(error.message, `/p/package.json: ${error.problems.join('; ')}`);
    return [...error.problems];
  }
  return [];
}

const withEntry = (entry: object) => ({ ...GOOD, [MANIFEST_KEY]: { k8s: { ...ENTRY, ...entry } } });
const withRange = (waitbus: string) => ({ ...GOOD, engines: { waitbus } });

test('a good manifest is read, with capabilities none when it declares none', () => {
  const manifest = readManifest(JSON.stringify(GOOD), 'x');
  assert.equal(manifest.packageName, 'waitbus-source-k8s');
  assert.equal(manifest.waitbusRange, '^1.0.0');
  assert.deepEqual(manifest.sources['k8s']?.capabilities.net, []);
  assert.equal(manifest.sources['k8s']?.capabilities.nativeAddon, false);
});

test('all problems are reported together, each with its path in the file', () => {
  const found = problems({
    name: '',
    version: 'one',
    engines: { waitbus: '>=1' },
    [MANIFEST_KEY]: {
      k8s: {
        entry: '../out.js',
        activation: 'sometimes',
        eventTypes: ['Pod'],
        capabilities: { net: 'all', shell: true },
      },
      Bad: ENTRY,
    },
  });
  const paths = [
    'name: ',
    'version: ',
    'engines.waitbus: ',
    `${MANIFEST_KEY}.k8s.entry: `,
    `${MANIFEST_KEY}.k8s.activation: `,
    `${MANIFEST_KEY}.k8s.eventTypes.0: `,
    `${MANIFEST_KEY}.k8s.capabilities.net: `,
    `${MANIFEST_KEY}.k8s.capabilities: `,
    `${MANIFEST_KEY}.Bad: a source name matches `,
  ];
  for (const path of paths) {
    assert.ok(
      found.some((line) => line.startsWith(path)),
      `${path} in\n${found.join('\n')}`,
    );
  }
});

test('a range must bound the major version', () => {
  for (const range of ['*', '', 'x', '>=1', '>=1.0.0', '>0.1', '^1.0.0 || >=3', '>=1 <2 || *']) {
    assert.match(problems(withRange(range)).join(), /engines\.waitbus: does not bound/, range);
  }
  for (const range of ['^1.0.0', '~1.2', '1.x', '1', '>=1 <2', '^1.0.0 || ^2.0.0', '0.1.0', '<3']) {
    assert.deepEqual(problems(withRange(range)), [], range);
  }
  assert.match(problems(withRange('latest')).join(), /engines\.waitbus: is not a semver range/);
  assert.match(problems({ ...GOOD, engines: {} }).join(), /engines\.waitbus: /);
});

test('an entry must stay within the package', () => {
  for (const entry of [
    'dist/index.js',
    '/etc/x.js',
    '../x.js',
    './../x.js',
    './a/../../x.js',
    './',
  ]) {
    assert.match(problems(withEntry({ entry })).join(), /k8s\.entry: /, entry);
  }
  assert.match(problems(withEntry({ entry: './a\\..\\..\\x.js' })).join(), /k8s\.entry: /);
});

test('emit-only has no entry, every other activation has one', () => {
  assert.match(problems(withEntry({ activation: 'emit-only' })).join(), /k8s\.entry: is required/);
  const { entry: _, ...without } = ENTRY;
  const noEntry = { ...GOOD, [MANIFEST_KEY]: { k8s: without } };
  assert.match(problems(noEntry).join(), /k8s\.entry: is required/);
  const emitOnly = { ...GOOD, [MANIFEST_KEY]: { k8s: { ...without, activation: 'emit-only' } } };
  assert.deepEqual(problems(emitOnly), []);
});

test('unknown members of an entry, no source and no event type are refused', () => {
  assert.match(problems(withEntry({ colour: 1 })).join(), /k8s: .*colour/);
  assert.match(problems({ ...GOOD, [MANIFEST_KEY]: {} }).join(), /declares no source/);
  assert.match(problems(withEntry({ eventTypes: [] })).join(), /k8s\.eventTypes: /);
  for (const key of ['k8s', 'eventTypes']) {
    const polluted = JSON.stringify(GOOD).replace(`"${key}":`, '"__proto__":0,$&');
    const said = { code: 'WAITBUS_BAD_MANIFEST', message: /\.__proto__: is no key$/ };
    assert.throws(() => readManifest(polluted, 'x'), said);
  }
});

test('fields, where they are given, describe every event type and no other', () => {
  const eventTypes = ['pod_phase', 'job_finished'];
  const fieldsOf = (fields: object) => problems(withEntry({ eventTypes, fields })).join();
  assert.equal(fieldsOf({ pod_phase: { phase: 'string' }, job_finished: {} }), '');
  assert.match(
    fieldsOf({ pod_phase: { phase: 'string' } }),
    /k8s\.fields: does not describe every/,
  );
  assert.match(
    fieldsOf({ pod_phase: {}, job_finished: {}, other: {} }),
    /k8s\.fields: .* not list/,
  );
});

test('what is no package.json at all is a bad manifest too', () => {
  for (const text of ['', '{', 'null', '[]', '"x"']) {
    assert.throws(() => readManifest(text, 'x'), { code: 'WAITBUS_BAD_MANIFEST' });
  }
});

test('declaresSources looks for the key and never throws', () => {
  assert.equal(declaresSources(JSON.stringify(GOOD)), true);
  for (const text of ['', '{', 'null', '[]', '{"name":"x"}', `"${MANIFEST_KEY}"`, '3']) {
    assert.equal(declaresSources(text), false, text);
  }
  assert.equal(declaresSources(JSON.stringify({ description: MANIFEST_KEY })), false);
  assert.equal(declaresSources(JSON.stringify({ deep: { [MANIFEST_KEY]: {} } })), false);
});

test('what a package may do is the union over its sources, sorted, without repeats', () => {
  const one = { ...ENTRY, capabilities: { net: ['b', 'a'], env: ['X'] } };
  const two = { ...ENTRY, capabilities: { net: ['a', 'c'], nativeAddon: true } };
  const text = JSON.stringify({ ...GOOD, [MANIFEST_KEY]: { one, two } });
  const { net, env, nativeAddon } = packageCapabilities(readManifest(text, 'x'));
  assert.deepEqual([net, env, nativeAddon], [['a', 'b', 'c'], ['X'], true]);
});
