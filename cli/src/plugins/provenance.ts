/**
 * Verifies the provenance of an npm package: who built it, from which repository, by which workflow
 * (https://docs.npmjs.com/generating-provenance-statements). Pure: attestations and trust material
 * come in. Loads the sigstore libraries, so it is itself loaded only where there is an attestation.
 */
import {
  bundleFromJSON,
  isBundleWithDsseEnvelope,
  type BundleWithDsseEnvelope,
} from '@sigstore/bundle';
import { X509Certificate } from '@sigstore/core';
import { toSignedEntity, Verifier, type TrustMaterial } from '@sigstore/verify';
import { errorText, WaitbusError } from '@waitbus/plugin-sdk/envelope';
import type { Publisher } from '@waitbus/plugin-sdk/lockfile';
import { publisherOf } from './provenance-identity.js';
import { claimOf, isProvenance } from './provenance-statement.js';

/** One member of the registry's attestations document. */
export interface Attestation {
  /** What the registry calls it. The signed statement says it again, and that counts. */
  readonly predicateType: string;
  readonly bundle: unknown;
}

export interface ProvenanceInput {
  readonly bundles: readonly Attestation[];
  readonly name: string;
  readonly version: string;
  /** The one sha512 of the tarball, as npm writes it. */
  readonly integrity: string;
  readonly trustMaterial: TrustMaterial;
}

/** @throws WaitbusError WAITBUS_PIN_MISMATCH that names what is wrong */
export function verifyProvenance(input: ProvenanceInput): { readonly publisher: Publisher } {
  const { name, version, trustMaterial } = input;
  try {
    const bundle = readBundle(onlyProvenance(input.bundles));
    verifySignature(bundle, trustMaterial);
    const claim = claimOf(bundle.content.dsseEnvelope, input);
    return { publisher: publisherOf(certificateOf(bundle), claim) };
  } catch (error) {
    throw new WaitbusError(
      'WAITBUS_PIN_MISMATCH',
      `the provenance of ${name}@${version} does not hold: ${errorText(error)}`,
      `Install another version and tell its publisher; npm view ${name}@${version} dist.attestations shows where it is.`,
      { cause: error },
    );
  }
}

function onlyProvenance(attestations: readonly Attestation[]): Attestation {
  const [first, ...others] = attestations.filter((one) => isProvenance(one.predicateType));
  if (first === undefined) {
    const types = attestations.map(({ predicateType }) => predicateType).join(', ') || 'none';
    throw new Error(`there is no provenance among its attestations (${types})`);
  }
  if (others.length > 0) throw new Error('there is more than one');
  return first;
}

function readBundle({ bundle: json }: Attestation): BundleWithDsseEnvelope {
  const bundle = bundleFromJSON(json);
  if (!isBundleWithDsseEnvelope(bundle)) throw new Error('it signs no statement');
  return bundle;
}

/** The signature, the certificate's chain and its log, the transparency log and the time. */
function verifySignature(bundle: BundleWithDsseEnvelope, trustMaterial: TrustMaterial): void {
  try {
    new Verifier(trustMaterial).verify(toSignedEntity(bundle));
  } catch (error) {
    throw new Error(`sigstore refuses it: ${reasonOf(error as Error)}`, { cause: error });
  }
}

/** The library hides the reason behind a general one. */
function reasonOf({ message, cause }: Error): string {
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}

/** The leaf: the certificate whose key the signature was verified with. */
function certificateOf({ verificationMaterial: { content } }: BundleWithDsseEnvelope) {
  switch (content.$case) {
    case 'certificate':
      return X509Certificate.parse(Buffer.from(content.certificate.rawBytes));
    case 'x509CertificateChain': {
      const [leaf] = content.x509CertificateChain.certificates;
      if (leaf === undefined) throw new Error('its chain of certificates is empty');
      return X509Certificate.parse(Buffer.from(leaf.rawBytes));
    }
    case 'publicKey':
      throw new Error('it is signed with a bare key, which names no publisher');
  }
}
