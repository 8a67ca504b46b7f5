/** The statement of a provenance: of which package it speaks, and every way in which it does not hold. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  attest,
  CERTIFIED,
  digest,
  integrity,
  name,
  PUBLISH,
  PUBLISHER,
  refused,
  SLSA,
  statement,
  SUBJECT,
  subjectOf,
  verify,
  version,
} from './attest.js';

const SLSA_V02 = 'https://slsa.dev/provenance/v0.2';

test('a provenance that holds names its publisher', async () => {
  assert.deepEqual(verify([await attest(statement())]), PUBLISHER);
});

test('beside a publish attestation, in any order, it is the provenance that counts', async () => {
  const publish = { predicateType: PUBLISH, bundle: { not: 'looked at' } };
  const provenance = await attest(statement());
  assert.deepEqual(verify([publish, provenance]), PUBLISHER);
  assert.deepEqual(verify([provenance, publish]), PUBLISHER);
});

test('a scoped package is named with its scope encoded', async () => {
  const subject = [subjectOf(`pkg:npm/%40ada/k8s@${version}`)];
  const bundle = await attest(statement({ subject }));
  assert.deepEqual(verify([bundle], { name: '@ada/k8s' }), PUBLISHER);
  assert.throws(() => verify([bundle], { name: 'ada/k8s' }), /speaks of pkg:npm\/%40ada\/k8s/);
});

test('one of GitLab holds, which npm signs in an older form', async () => {
  const repository = 'https://gitlab.com/ada/tools/k8s';
  const extensions = {
    ...CERTIFIED,
    8: 'https://gitlab.com',
    12: repository,
    18: `${repository}//.gitlab-ci.yml@refs/heads/main`,
  };
  const payload = statement({
    _type: 'https://in-toto.io/Statement/v0.1',
    predicateType: SLSA_V02,
    predicate: { invocation: { configSource: { uri: `git+${repository}` } } },
  });
  const { bundle } = await attest(payload, { extensions });
  const attestation = { predicateType: SLSA_V02, bundle };
  const publisher = {
    ...PUBLISHER,
    issuer: 'https://gitlab.com',
    repository,
    workflow: '.gitlab-ci.yml',
  };
  assert.deepEqual(verify([attestation]), publisher);
  const other = statement({
    predicateType: SLSA_V02,
    predicate: { invocation: { configSource: { uri: 'git+https://gitlab.com/eve/k8s' } } },
  });
  const { bundle: theirs } = await attest(other, { extensions });
  refused([{ predicateType: SLSA_V02, bundle: theirs }], /claims the repository/);
});

for (const [what, changes, reason] of [
  [
    'another package',
    { subject: [subjectOf(`pkg:npm/other@${version}`)] },
    /speaks of pkg:npm\/other@1\.4\.2, not of/,
  ],
  [
    'another version',
    { subject: [subjectOf(`pkg:npm/${name}@1.4.3`)] },
    /speaks of .*@1\.4\.3, not of/,
  ],
  ['a longer name', { subject: [subjectOf(`pkg:npm/${name}@${version}0`)] }, /not of/],
  ['a package elsewhere', { subject: [subjectOf(`pkg:pypi/${name}@${version}`)] }, /not of/],
  ['other bytes', { subject: [subjectOf(SUBJECT.name, 'ab'.repeat(64))] }, /other bytes/],
  [
    'bytes in base64',
    { subject: [subjectOf(SUBJECT.name, digest.toString('base64'))] },
    /other bytes/,
  ],
  [
    'a sha256 only',
    { subject: [{ name: SUBJECT.name, digest: { sha256: 'ab'.repeat(32) } }] },
    /other bytes/,
  ],
  ['two packages', { subject: [SUBJECT, subjectOf('pkg:npm/other@1.0.0')] }, /exactly one package/],
  ['the package twice', { subject: [SUBJECT, SUBJECT] }, /exactly one package/],
  ['no package', { subject: [] }, /exactly one package/],
  ['a subject that is no list', { subject: SUBJECT }, /exactly one package/],
  ['another predicate', { predicateType: PUBLISH }, /specs\/publish\/v0\.1, no provenance/],
  ['an unknown kind of statement', { _type: 'https://in-toto.io/Statement/v9' }, /unknown type/],
  ['no workflow', { predicate: { buildDefinition: {} } }, /lacks the repository of its workflow/],
  ['a predicate that is null', { predicate: null }, /lacks the repository of its workflow/],
] as const) {
  test(`a statement that names ${what} is refused`, async () => {
    refused([await attest(statement(changes))], reason);
  });
}

test('a payload that is no statement is refused', async () => {
  refused([await attest('not JSON')], /JSON/);
  refused([await attest('[]')], /lacks its type/);
  refused([await attest('null')], /lacks its type/);
  refused([await attest(statement(), { payloadType: 'text/plain' })], /signs text\/plain/);
});

test('an integrity that is not exactly one sha512 is refused', async () => {
  const bundles = [await attest(statement())];
  for (const odd of [
    '',
    'sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=',
    `${integrity} ${integrity}`,
    digest.toString('hex'),
  ]) {
    assert.throws(() => verify(bundles, { integrity: odd }), /not exactly one sha512/, odd);
  }
});

test('without a provenance, and with two, there is none to go by', async () => {
  const one = await attest(statement());
  refused([], /no provenance among its attestations \(none\)/);
  refused([{ predicateType: PUBLISH, bundle: one.bundle }], /\(https:.*publish\/v0\.1\)/);
  refused([{ predicateType: `${SLSA}.1`, bundle: one.bundle }], /no provenance/);
  refused([one, one], /more than one/);
});
