/**
 * A provenance that holds and the means to sign others: what it says, what its certificate says, the
 * publisher it names, and the checks. Each process has a sigstore of its own while its tests run.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before } from 'node:test';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { verifyProvenance, type Attestation } from '../../cli/src/plugins/provenance.js';
import { Sigstore, type Extensions, type Signing } from '../support/sigstore.js';

export const SLSA = 'https://slsa.dev/provenance/v1';
export const PUBLISH = 'https://github.com/npm/attestation/tree/main/specs/publish/v0.1';
const GITHUB = 'https://token.actions.githubusercontent.com';
export const REPOSITORY = 'https://github.com/ada/waitbus-source-k8s';
export const WORKFLOW = '.github/workflows/release.yml';
export const name = 'waitbus-source-k8s';
export const version = '1.4.2';

export const digest = createHash('sha512').update('the tarball').digest();
export const integrity = `sha512-${digest.toString('base64')}`;

export const CERTIFIED: Extensions = {
  8: GITHUB,
  12: REPOSITORY,
  15: '123456',
  17: '789',
  18: `${REPOSITORY}/${WORKFLOW}@refs/heads/main`,
};
export const PUBLISHER = {
  issuer: GITHUB,
  repository: REPOSITORY,
  repositoryId: '123456',
  ownerId: '789',
  workflow: WORKFLOW,
};

export const subjectOf = (purl: string, sha512 = digest.toString('hex')) => ({
  name: purl,
  digest: { sha512 },
});
export const SUBJECT = subjectOf(`pkg:npm/${name}@${version}`);

export function statement(changes: object = {}, repository = REPOSITORY, path = WORKFLOW): string {
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

export let sigstore: Sigstore;
before(async () => {
  sigstore = await Sigstore.open();
});
after(() => sigstore[Symbol.asyncDispose]());

export async function attest(
  payload: string,
  signing: Partial<Signing> = {},
  by: Sigstore = sigstore,
): Promise<Attestation> {
  const bundle = await by.sign(payload, { extensions: CERTIFIED, ...signing });
  return { predicateType: SLSA, bundle };
}

export function verify(
  bundles: readonly Attestation[],
  of: Partial<{ name: string; version: string; integrity: string }> = {},
) {
  const { trustMaterial } = sigstore;
  return verifyProvenance({ bundles, name, version, integrity, trustMaterial, ...of }).publisher;
}

export function refused(bundles: readonly Attestation[], reason: RegExp): void {
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
