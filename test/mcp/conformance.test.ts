/**
 * `waitbus mcp --http` against the official conformance suite, in both generations of the protocol. What
 * the suite knows and our lists do not fails, and so does a reason that no longer holds.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { REPO, Sandbox } from '../support/sandbox.js';
import {
  APPLY,
  EXTENSIONS,
  UNMET,
  UNMET_CHECKS,
  VERSIONS,
  type Unmet,
} from './conformance-scenarios.js';
import {
  conformanceSuite,
  runSuite,
  scenarios,
  suiteProgram,
  SUITE_VERSION,
  type Check,
} from './conformance-suite.js';
import { tokenProxy } from './token-proxy.js';

const suite = await conformanceSuite();
const skip = 'reason' in suite && suite.reason;

async function program(box: Sandbox): Promise<string> {
  assert.ok('place' in suite);
  return suiteProgram(suite.place, box);
}

function same(theirs: readonly string[], listed: readonly string[], which: string): void {
  const unknown = theirs.filter((name) => !listed.includes(name));
  const gone = listed.filter((name) => !theirs.includes(name));
  assert.deepEqual({ unknown, gone }, { unknown: [], gone: [] }, `scenarios ${which}`);
}

const sorted = (names: Iterable<string>) => [...names].sort();
const ours = (version: (typeof VERSIONS)[number]) =>
  sorted([...APPLY[version], ...Object.keys(UNMET[version])]);

test('every scenario of the suite is in one of our lists', { skip }, async () => {
  await using box = new Sandbox();
  const all = await scenarios(await program(box), box);
  const of = (version: string) =>
    sorted([...all].filter(([, versions]) => versions.includes(version)).map(([name]) => name));
  for (const version of VERSIONS) same(of(version), ours(version), version);
  same(of('extension'), EXTENSIONS, 'extensions');
  const known = [...VERSIONS.flatMap(ours), ...EXTENSIONS];
  same(sorted(all.keys()), known, 'of any version');
});

for (const version of VERSIONS) {
  test(`what applies to any server holds in ${version}`, { skip }, async (t) => {
    await using box = new Sandbox();
    const served = box.waitbus(['mcp', '--http', '--slice', '1s']);
    const said = await served.says(/\{"url".*\}/);
    const { url, token } = JSON.parse(said) as { url: string; token: string };
    await using proxy = await tokenProxy(new URL(url), token);
    const results = await runSuite(await program(box), box, proxy.url, version);
    same(sorted(results.keys()), ours(version), 'that were run');
    for (const [name, checks] of results) {
      const unmet = UNMET[version][name];
      if (unmet === undefined) holds(name, checks, t);
      else isUnmet(name, checks, unmet);
    }
    const onTheWire = [...results.values()].flat().filter(({ id }) => ON_THE_WIRE.test(id)).length;
    assert.ok(onTheWire > 0, 'what our server sends was compared with no schema');
    t.diagnostic(
      `what it sends is valid by the schema in ${onTheWire} of ${results.size} scenarios`,
    );
  });
}

/** What our server sent is valid, whatever was asked of it. */
const ON_THE_WIRE = /^wire-schema-/;

function holds(name: string, checks: readonly Check[], t: TestContext): void {
  const excepted = UNMET_CHECKS[name] ?? {};
  let successes = 0;
  for (const check of checks) {
    const unmet = excepted[check.id];
    const text = `${name}: ${JSON.stringify(check)}`;
    if (unmet !== undefined) isUnmet(name, [check], unmet);
    else assert.ok(['SUCCESS', 'INFO'].includes(check.status), text);
    if (check.status === 'SUCCESS' && !ON_THE_WIRE.test(check.id)) successes += 1;
  }
  assert.notEqual(successes, 0, `${name} checked nothing`);
  const absent = Object.keys(excepted).filter((id) => !checks.some((check) => check.id === id));
  assert.deepEqual(absent, [], `${name} no longer has checks that we except`);
  t.diagnostic(`${name}: ${successes} checks hold`);
}

function isUnmet(name: string, checks: readonly Check[], { needs, says }: Unmet): void {
  const isWant = (check: Check) => says.test(JSON.stringify(check));
  assert.ok(checks.some(isWant), `${name} no longer wants ${needs}: ${JSON.stringify(checks)}`);
  for (const check of checks) {
    if (check.status === 'SUCCESS' || check.status === 'INFO') continue;
    const isOther = ON_THE_WIRE.test(check.id) || !isWant(check);
    assert.equal(isOther, false, `${name}: ${JSON.stringify(check)}`);
  }
}

test('docs/mcp.md names what applies, what does not, and the version of the suite', () => {
  const text = readFileSync(join(REPO, 'docs', 'mcp.md'), 'utf8');
  const [, section = ''] = /^## Conformance\n([\s\S]*?)(?=^## |(?![\s\S]))/m.exec(text) ?? [];
  assert.ok(section.includes(SUITE_VERSION), SUITE_VERSION);
  for (const version of VERSIONS) {
    const [, row = ''] = RegExp(`^\\| ${version} +\\|(.*)$`, 'm').exec(section) ?? [];
    const named = [...row.matchAll(/`([a-z0-9-]+)`/g)].map(([, name = '']) => name);
    assert.deepEqual(named, APPLY[version], version);
  }
});
