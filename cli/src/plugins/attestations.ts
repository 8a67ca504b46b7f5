/**
 * What evidence of its publisher a package in the registry comes with. An attestation that is there
 * is verified or refused; it is never passed over. Loads the sigstore libraries only then.
 */
import type { TrustMaterial } from '@sigstore/verify';
import { errorText, WaitbusError } from '@waitbus/plugin-sdk/envelope';
import type { Publisher } from '@waitbus/plugin-sdk/lockfile';
import type { Attestation } from './provenance.js';

export type Evidence =
  /** The registry's word alone. */
  | { readonly evidence: 'registry'; readonly publisher: null }
  | { readonly evidence: 'provenance'; readonly publisher: Publisher };

export interface EvidenceInput {
  readonly name: string;
  readonly version: string;
  /** The one sha512 of the tarball, as npm writes it. */
  readonly integrity: string;
  /** The `dist` member of the version's metadata. */
  readonly dist: unknown;
  /** URL of the registry that the metadata came from. */
  readonly registry: string;
  /** Rejects when there is no answer, or none of JSON. */
  readonly fetchJson: (url: string) => Promise<unknown>;
  /** Asked only for a package with an attestation. */
  readonly trustMaterial: () => Promise<TrustMaterial>;
}

/**
 * @throws WaitbusError WAITBUS_REGISTRY_UNREACHABLE when an attestation cannot be had,
 *   WAITBUS_PIN_MISMATCH when it does not hold
 */
export async function evidenceOf(input: EvidenceInput): Promise<Evidence> {
  const { name, version, integrity, dist, registry } = input;
  const declared = (Object(dist) as { attestations?: unknown }).attestations;
  if (declared === undefined || declared === null) return { evidence: 'registry', publisher: null };
  const url = attestationsUrl(declared, registry, name, version);
  const what = `the attestations of ${name}@${version}`;
  const document = await reached(what, input, () => input.fetchJson(url));
  const bundles = attestationsIn(document, what);
  const trustMaterial = await reached('the keys of sigstore', input, input.trustMaterial);
  const { verifyProvenance } = await import('./provenance.js');
  const { publisher } = verifyProvenance({ bundles, name, version, integrity, trustMaterial });
  return { evidence: 'provenance', publisher };
}

/**
 * As the metadata says if that is at the registry itself; else, as of a mirror that passes on what
 * it was told, the registry's own place for it. No other host is asked.
 */
function attestationsUrl(
  declared: unknown,
  registry: string,
  name: string,
  version: string,
): string {
  const base = registry.endsWith('/') ? registry : `${registry}/`;
  const { url } = Object(declared) as { url?: unknown };
  if (typeof url === 'string' && URL.canParse(url)) {
    if (new URL(url).origin === new URL(base).origin) return url;
  }
  const encoded = name.replace('/', '%2f');
  return new URL(`-/npm/v1/attestations/${encoded}@${encodeURIComponent(version)}`, base).href;
}

async function reached<T>(
  what: string,
  { name, version }: EvidenceInput,
  fetch: () => Promise<T>,
): Promise<T> {
  try {
    return await fetch();
  } catch (error) {
    throw new WaitbusError(
      'WAITBUS_REGISTRY_UNREACHABLE',
      `${what} could not be had: ${errorText(error)}`,
      `Try again, or do without them: npm pack ${name}@${version}, then waitbus plugin add ./FILE.tgz.`,
      { cause: error },
    );
  }
}

function attestationsIn(document: unknown, what: string): readonly Attestation[] {
  const { attestations } = Object(document) as { attestations?: unknown };
  const whole =
    Array.isArray(attestations) &&
    attestations.every(
      (one: unknown) => typeof (Object(one) as Attestation).predicateType === 'string',
    );
  if (whole) return attestations as readonly Attestation[];
  throw new WaitbusError('WAITBUS_PIN_MISMATCH', `${what} are no list of attestations`);
}

export interface TrustOptions {
  /** Where the verified keys are kept for the next time. */
  readonly cachePath: string;
  /** Default: sigstore's public one. */
  readonly mirrorURL?: string;
  /** How often a request is tried again. */
  readonly retry?: number;
}

/** The keys of the public sigstore instance, through its TUF repository. */
export async function sigstoreTrust(options: TrustOptions): Promise<TrustMaterial> {
  const [{ getTrustedRoot }, { toTrustMaterial }] = await Promise.all([
    import('@sigstore/tuf'),
    import('@sigstore/verify'),
  ]);
  return toTrustMaterial(await getTrustedRoot(options));
}
