/** Who signed a provenance: certificates that are not taken, and bundles that somebody changed. */
import { test } from 'node:test';
import type { Attestation } from '../../cli/src/plugins/provenance.js';
import { Sigstore, type Extensions } from '../support/sigstore.js';
import { attest, CERTIFIED, refused, REPOSITORY, SLSA, statement, WORKFLOW } from './attest.js';

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
