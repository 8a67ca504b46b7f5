/** Provenance: what holds, and every way in which one does not. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import {
  evidenceOf,
  sigstoreTrust,
  type EvidenceInput,
} from '../../cli/src/plugins/attestations.js';
import { verifyProvenance, type Attestation } from '../../cli/src/plugins/provenance.js';
import { Sandbox } from '../support/sandbox.js';
import { Sigstore, type Extensions, type Signing } from '../support/sigstore.js';

const SLSA = 'https://slsa.dev/provenance/v1';
const SLSA_V02 = 'https://slsa.dev/provenance/v0.2';
const PUBLISH = 'https://github.com/npm/attestation/tree/main/specs/publish/v0.1';
const GITHUB = 'https://token.actions.githubusercontent.com';
const REPOSITORY = 'https://github.com/ada/waitbus-source-k8s';
const WORKFLOW = '.github/workflows/release.yml';
const name = 'waitbus-source-k8s';
const version = '1.4.2';

const digest = createHash('sha512').update('the tarball').digest();
const integrity = `sha512-${digest.toString('base64')}`;

const CERTIFIED: Extensions = {
  8: GITHUB,
  12: REPOSITORY,
  15: '123456',
  17: '789',
  18: `${REPOSITORY}/${WORKFLOW}@refs/heads/main`,
};
const PUBLISHER = {
  issuer: GITHUB,
  repository: REPOSITORY,
  repositoryId: '123456',
  ownerId: '789',
  workflow: WORKFLOW,
};

const subjectOf = (purl: string, sha512 = digest.toString('hex')) => ({
  name: purl,
  digest: { sha512 },
});
const SUBJECT = subjectOf(`pkg:npm/${name}@${version}`);

function statement(changes: object = {}, repository = REPOSITORY, path = WORKFLOW): string {
  return JSON.stringify({
    _type: 'https://in-toto.io/Statement/v1',
    subject: [SUBJECT],
    predicateType: SLSA,
    predicate: {
      buildDefinition: {
        buildType: 'https://slsa-framework.github.io/github-actions-buildtypes/workflow/v1',
        externalParameters: { workflow: { ref: 'refs/heads/main', repository, path } },
      },
    },
    ...changes,
  });
}

let sigstore: Sigstore;
before(async () => {
  sigstore = await Sigstore.open();
});
after(() => sigstore[Symbol.asyncDispose]());

async function attest(
  payload: string,
  signing: Partial<Signing> = {},
  by: Sigstore = sigstore,
): Promise<Attestation> {
  const bundle = await by.sign(payload, { extensions: CERTIFIED, ...signing });
  return { predicateType: SLSA, bundle };
}

function verify(
  bundles: readonly Attestation[],
  of: Partial<{ name: string; version: string; integrity: string }> = {},
) {
  const { trustMaterial } = sigstore;
  return verifyProvenance({ bundles, name, version, integrity, trustMaterial, ...of }).publisher;
}

function refused(bundles: readonly Attestation[], reason: RegExp): void {
  assert.throws(
    () => verify(bundles),
    (error) => {
      assert.ok(error instanceof WaitbusError);
      assert.equal(error.code, 'WAITBUS_PIN_MISMATCH');
      assert.ok(error.message.startsWith(`the provenance of ${name}@${version} does not hold: `));
      assert.match(error.message, reason);
      return true;
    },
  );
}

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

const evil = (extensions: Extensions, repository = REPOSITORY, path = WORKFLOW) =>
  attest(statement({}, repository, path), { extensions: { ...CERTIFIED, ...extensions } });

for (const issuer of [
  'https://accounts.example',
  'https://token.actions.githubusercontent.com.evil.example',
  'https://token.actions.githubusercontent.com/',
  'https://token.actions.githubusercontent.com/ada',
  'https://tokenXactions.githubusercontent.com',
  'http://token.actions.githubusercontent.com',
  ' https://token.actions.githubusercontent.com',
]) {
  test(`the issuer ${issuer} is not taken`, async () => {
    refused([await evil({ 8: issuer })], /is not an issuer whose word is taken/);
  });
}

for (const repository of [
  'https://github.com.evil.example/ada/k8s',
  'https://githubXcom/ada/k8s',
  'https://evil.example/https://github.com/ada/k8s',
  'https://github.com@evil.example/ada/k8s',
  'https://github.com:8443/ada/k8s',
  'http://github.com/ada/k8s',
  'https://github.com/ada',
  'https://github.com/ada/..',
  'https://github.com/ada/k8s/../other',
  'https://github.com/ada/k8s?x=y',
  'https://github.com/ada/k8s\nhttps://github.com/eve/k8s',
  'https://github.com/ada/k8s\n',
  'https://github.com/ada/.*',
  'https://github.com/a(d)a/k8s',
  'https://gitlab.com/ada/k8s',
]) {
  test(`the repository ${JSON.stringify(repository)} is not one of GitHub`, async () => {
    const extensions = { 12: repository, 18: `${repository}/${WORKFLOW}@refs/heads/main` };
    refused([await evil(extensions, repository)], /is no repository of/);
  });
}

for (const uri of [
  `https://github.com/eve/other/${WORKFLOW}@refs/heads/main`,
  `${REPOSITORY}-evil/${WORKFLOW}@refs/heads/main`,
  `${REPOSITORY}/${WORKFLOW}`,
  `${REPOSITORY}/release.yml@refs/heads/main`,
  `${REPOSITORY}/.github/workflows/../../evil.yml@refs/heads/main`,
  `${REPOSITORY}//${WORKFLOW}@refs/heads/main`,
  REPOSITORY.replaceAll('-', '.'),
]) {
  test(`${uri} is no workflow of the repository`, async () => {
    refused([await evil({ 18: uri })], /is no workflow of/);
  });
}

test('a certificate and a statement that disagree are refused', async () => {
  refused(
    [await attest(statement({}, 'https://github.com/eve/other'))],
    /claims the repository https:\/\/github\.com\/eve\/other/,
  );
  refused([await attest(statement({}, `${REPOSITORY}/`))], /claims the repository/);
  refused(
    [await attest(statement({}, REPOSITORY, '.github/workflows/other.yml'))],
    /claims the workflow/,
  );
});

for (const [last, what] of [
  [8, 'issuer'],
  [12, 'source repository'],
  [15, 'source repository id'],
  [17, 'source repository owner id'],
  [18, 'build config'],
] as const) {
  test(`a certificate without its ${what} is refused`, async () => {
    const { [last]: _, ...extensions } = CERTIFIED;
    refused([await attest(statement(), { extensions })], new RegExp(`has no ${what} \\(`));
  });
}

test('numbers that are none are refused', async () => {
  for (const text of ['', '0', '-1', '12a', '1e3', '9'.repeat(30)]) {
    refused([await evil({ 15: text })], /source repository id/);
    refused([await evil({ 17: text })], /source repository owner id/);
  }
});

test('a certificate of another authority is refused', async () => {
  await using other = await Sigstore.open();
  refused([await attest(statement(), {}, other)], /sigstore refuses it: .*certificate/i);
});

test('a certificate that had run out when it was logged is refused', async () => {
  const issuedAt = new Date(Date.now() - 3_600_000);
  refused([await attest(statement(), { issuedAt })], /sigstore refuses it: .*not valid or expired/);
});

interface Open {
  dsseEnvelope: { payload: string; signatures: { sig: string }[] };
  verificationMaterial: {
    tlogEntries: { integratedTime: string; inclusionPromise?: object }[];
  } & Record<string, unknown>;
}

/** The same attestation, changed by somebody after it was signed. */
async function tampered(change: (bundle: Open) => void): Promise<Attestation> {
  const { bundle } = await attest(statement());
  const copy = structuredClone(bundle) as Open;
  change(copy);
  return { predicateType: SLSA, bundle: copy };
}

test('a payload that was changed after it was signed is refused', async () => {
  const payload = Buffer.from(statement({ more: 1 })).toString('base64');
  const attestation = await tampered((bundle) => (bundle.dsseEnvelope.payload = payload));
  refused([attestation], /sigstore refuses it/);
});

test('a signature, a time and a log entry that were changed are refused', async () => {
  const another = (await attest(statement({ more: 1 }))).bundle as Open;
  for (const change of [
    (bundle: Open) => (bundle.dsseEnvelope.signatures = another.dsseEnvelope.signatures),
    (bundle: Open) => (bundle.dsseEnvelope.signatures = []),
    (bundle: Open) => (bundle.verificationMaterial = another.verificationMaterial),
    (bundle: Open) => (bundle.verificationMaterial.tlogEntries = []),
    (bundle: Open) =>
      (bundle.verificationMaterial.tlogEntries = another.verificationMaterial.tlogEntries),
    (bundle: Open) => {
      for (const entry of bundle.verificationMaterial.tlogEntries) entry.integratedTime = '1';
    },
    (bundle: Open) =>
      (bundle.verificationMaterial = {
        ...bundle.verificationMaterial,
        certificate: undefined,
        x509CertificateChain: undefined,
        publicKey: { hint: 'mine' },
      }),
  ]) {
    refused([await tampered(change)], /./);
  }
});

test("a time that only the proof of inclusion comes with is nobody's word", async () => {
  const attestation = await tampered(({ verificationMaterial: { tlogEntries } }) => {
    for (const entry of tlogEntries) delete entry.inclusionPromise;
  });
  refused([attestation], /expected 1 timestamps, got 0/);
});

test('a bundle that is none is refused', () => {
  for (const bundle of [null, {}, [], 'text', 7, { mediaType: 'x' }]) {
    refused([{ predicateType: SLSA, bundle }], /./);
  }
});

test('without a provenance, and with two, there is none to go by', async () => {
  const one = await attest(statement());
  refused([], /no provenance among its attestations \(none\)/);
  refused([{ predicateType: PUBLISH, bundle: one.bundle }], /\(https:.*publish\/v0\.1\)/);
  refused([{ predicateType: `${SLSA}.1`, bundle: one.bundle }], /no provenance/);
  refused([one, one], /more than one/);
});

const REGISTRY = 'https://registry.example/npm/';
const AT_REGISTRY = `${REGISTRY}-/npm/v1/attestations/${name}@${version}`;

function input(changes: Partial<EvidenceInput> = {}): EvidenceInput & { asked: string[] } {
  const asked: string[] = [];
  return {
    name,
    version,
    integrity,
    dist: { attestations: { url: AT_REGISTRY, provenance: { predicateType: SLSA } } },
    registry: REGISTRY,
    trustMaterial: async () => sigstore.trustMaterial,
    asked,
    ...changes,
    fetchJson: (url) => {
      asked.push(url);
      return changes.fetchJson?.(url) ?? Promise.reject(new Error('503'));
    },
  };
}

test('a package without attestations has the registry for evidence, and nothing is asked', async () => {
  for (const dist of [{}, { attestations: undefined }, { attestations: null }, undefined]) {
    const given = input({ dist, trustMaterial: () => assert.fail('asked for keys') });
    assert.deepEqual(await evidenceOf(given), { evidence: 'registry', publisher: null });
    assert.deepEqual(given.asked, []);
  }
});

test('a package with a provenance that holds has it for evidence', async () => {
  const document = { attestations: [await attest(statement())] };
  const given = input({ fetchJson: async () => document });
  assert.deepEqual(await evidenceOf(given), { evidence: 'provenance', publisher: PUBLISHER });
  assert.deepEqual(given.asked, [AT_REGISTRY]);
});

test('attestations are asked for at the registry, wherever its metadata says they are', async () => {
  const document = { attestations: [await attest(statement())] };
  for (const url of [
    'https://evil.example/x',
    'http://registry.example/npm/x',
    'https://registry.example:444/x',
    'file:///etc/passwd',
    'nonsense',
    7,
    undefined,
  ]) {
    const given = input({ dist: { attestations: { url } }, fetchJson: async () => document });
    assert.equal((await evidenceOf(given)).evidence, 'provenance');
    assert.deepEqual(given.asked, [AT_REGISTRY], String(url));
  }
  const scoped = input({
    name: '@ada/k8s',
    registry: 'https://registry.example',
    dist: { attestations: {} },
  });
  await assert.rejects(evidenceOf(scoped));
  assert.deepEqual(scoped.asked, [
    `https://registry.example/-/npm/v1/attestations/@ada%2fk8s@${version}`,
  ]);
});

const fails = (code: string, reason: RegExp) => (error: unknown) => {
  assert.ok(error instanceof WaitbusError);
  assert.equal(error.code, code);
  assert.match(error.message, reason);
  return true;
};

test('attestations that cannot be fetched are an error, never taken for none', async () => {
  await assert.rejects(
    evidenceOf(input()),
    fails(
      'WAITBUS_REGISTRY_UNREACHABLE',
      /attestations of waitbus-source-k8s@1\.4\.2 could not be had: 503/,
    ),
  );
  const document = { attestations: [await attest(statement())] };
  const noKeys = input({
    fetchJson: async () => document,
    trustMaterial: () => Promise.reject(new Error('offline')),
  });
  await assert.rejects(
    evidenceOf(noKeys),
    fails('WAITBUS_REGISTRY_UNREACHABLE', /the keys of sigstore could not be had: offline/),
  );
});

test('attestations that do not hold are an error, never taken for none', async () => {
  for (const document of [
    null,
    'text',
    {},
    { attestations: {} },
    { attestations: [null] },
    { attestations: [] },
    { attestations: [{ predicateType: PUBLISH, bundle: {} }] },
  ]) {
    await assert.rejects(
      evidenceOf(input({ fetchJson: async () => document })),
      fails('WAITBUS_PIN_MISMATCH', /no list of attestations|no provenance among/),
    );
  }
  const other = await attest(statement({ subject: [subjectOf('pkg:npm/other@1.0.0')] }));
  await assert.rejects(
    evidenceOf(input({ fetchJson: async () => ({ attestations: [other] }) })),
    fails('WAITBUS_PIN_MISMATCH', /speaks of pkg:npm\/other@1\.0\.0/),
  );
});

test('keys that cannot be fetched are an error, not an empty trust', async () => {
  await using box = new Sandbox();
  const cachePath = join(box.directory, 'keys');
  await assert.rejects(sigstoreTrust({ cachePath, mirrorURL: `http://127.0.0.1:1/`, retry: 0 }));
});
