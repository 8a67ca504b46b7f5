/**
 * The in-toto statement of a provenance attestation: which package it speaks of, and from what it
 * says it was built. Pure.
 */

/** What GitHub's workflows sign, and what npm signs on GitLab. */
const SLSA_V1 = 'https://slsa.dev/provenance/v1';
const SLSA_V02 = 'https://slsa.dev/provenance/v0.2';
const PAYLOAD_TYPE = 'application/vnd.in-toto+json';
const STATEMENTS = new Set([
  'https://in-toto.io/Statement/v1',
  'https://in-toto.io/Statement/v0.1',
]);

/** What the statement says of its own origin; the certificate must agree. */
export interface Claim {
  readonly repository: string;
  /** The workflow's path in the repository; null where this kind of statement has none. */
  readonly workflow: string | null;
}

export interface Envelope {
  readonly payloadType: string;
  readonly payload: Buffer;
}

export interface Package {
  readonly name: string;
  readonly version: string;
  /** sha512 of the tarball, as npm writes it. */
  readonly integrity: string;
}

export function isProvenance(predicateType: string): boolean {
  return predicateType === SLSA_V1 || predicateType === SLSA_V02;
}

/** @throws Error that says what is wrong with the statement, or that it speaks of another package */
export function claimOf({ payloadType, payload }: Envelope, subject: Package): Claim {
  if (payloadType !== PAYLOAD_TYPE) throw new Error(`it signs ${payloadType}, no statement`);
  const statement = recordOf(JSON.parse(payload.toString('utf8')));
  const type = textOf(statement['_type'], 'its type');
  if (!STATEMENTS.has(type)) throw new Error(`its statement is of the unknown type ${type}`);
  checkSubject(statement['subject'], subject);
  const predicate = recordOf(statement['predicate']);
  switch (statement['predicateType']) {
    case SLSA_V1:
      return claimOfV1(predicate);
    case SLSA_V02:
      return claimOfV02(predicate);
    default:
      throw new Error(`its statement is ${String(statement['predicateType'])}, no provenance`);
  }
}

function checkSubject(subjects: unknown, { name, version, integrity }: Package): void {
  if (!Array.isArray(subjects) || subjects.length !== 1) {
    throw new Error('it does not speak of exactly one package');
  }
  const { name: purl, digest } = recordOf(subjects[0]);
  const expected = purlOf(name, version);
  if (purl !== expected) throw new Error(`it speaks of ${String(purl)}, not of ${expected}`);
  if (recordOf(digest)['sha512'] !== hexOf(integrity)) {
    throw new Error('it speaks of a package with other bytes');
  }
}

/** https://github.com/package-url/purl-spec; npm encodes the @ of a scope and nothing else. */
function purlOf(name: string, version: string): string {
  return `pkg:npm/${name.replace(/^@/, '%40')}@${version}`;
}

function hexOf(integrity: string): string {
  const [, base64] = /^sha512-([A-Za-z0-9+/]{86}==)$/.exec(integrity) ?? [];
  if (base64 === undefined) throw new Error(`${integrity} is not exactly one sha512`);
  return Buffer.from(base64, 'base64').toString('hex');
}

/** https://slsa-framework.github.io/github-actions-buildtypes/workflow/v1 */
function claimOfV1(predicate: Record<string, unknown>): Claim {
  const { externalParameters } = recordOf(predicate['buildDefinition']);
  const { repository, path } = recordOf(recordOf(externalParameters)['workflow']);
  return {
    repository: textOf(repository, 'the repository of its workflow'),
    workflow: textOf(path, 'the path of its workflow'),
  };
}

function claimOfV02(predicate: Record<string, unknown>): Claim {
  const { configSource } = recordOf(predicate['invocation']);
  const uri = textOf(recordOf(configSource)['uri'], 'the repository it was built from');
  return { repository: uri.replace(/^git\+/, ''), workflow: null };
}

/** An object, an empty one in place of anything else: what is looked for is not in it. */
function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function textOf(value: unknown, what: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new Error(`its statement lacks ${what}`);
}
