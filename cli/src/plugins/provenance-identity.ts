/**
 * Who published: read from the extensions of the certificate that Fulcio issued to the workflow's
 * run, and held against what the statement claims. Pure. The extensions are described at
 * https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md
 */
import type { X509Certificate } from '@sigstore/core';
import type { Publisher } from '@waitbus/plugin-sdk/lockfile';
import type { Claim } from './provenance-statement.js';

const FULCIO = '1.3.6.1.4.1.57264.1';
const ISSUER = `${FULCIO}.8`;
const SOURCE_REPOSITORY_URI = `${FULCIO}.12`;
const SOURCE_REPOSITORY_ID = `${FULCIO}.15`;
const SOURCE_REPOSITORY_OWNER_ID = `${FULCIO}.17`;
const BUILD_CONFIG_URI = `${FULCIO}.18`;

/** ASN.1's tag of UTF8String. */
const UTF8_STRING = 0x0c;

interface Forge {
  readonly repository: RegExp;
  /** Between the repository and the workflow's path. */
  readonly separator: string;
  readonly workflow: RegExp;
}

/** Whose word is taken, and what the addresses of its repositories and workflows look like. */
const FORGES: ReadonlyMap<string, Forge> = new Map([
  [
    'https://token.actions.githubusercontent.com',
    {
      repository: /^https:\/\/github\.com\/[A-Za-z0-9][A-Za-z0-9_-]*\/(?!\.{1,2}$)[A-Za-z0-9._-]+$/,
      separator: '/',
      workflow: /^\.github\/workflows\/[A-Za-z0-9_][^/@\s]*\.ya?ml$/,
    },
  ],
  [
    'https://gitlab.com',
    {
      repository: /^https:\/\/gitlab\.com(?:\/[A-Za-z0-9_][A-Za-z0-9._-]*){2,}$/,
      separator: '//',
      workflow: /^(?!.*(?:^|\/)\.\.(?:\/|$))[^/@\s][^@\s]*\.ya?ml$/,
    },
  ],
]);

/** @throws Error that names the extension or the claim that is wrong */
export function publisherOf(certificate: X509Certificate, claim: Claim): Publisher {
  const issuer = extensionText(certificate, ISSUER, 'issuer');
  const forge = FORGES.get(issuer);
  if (forge === undefined) throw new Error(`${issuer} is not an issuer whose word is taken`);
  const repository = extensionText(certificate, SOURCE_REPOSITORY_URI, 'source repository');
  if (!forge.repository.test(repository)) {
    throw new Error(`${repository} is no repository of ${issuer}`);
  }
  const workflow = workflowOf(
    extensionText(certificate, BUILD_CONFIG_URI, 'build config'),
    repository,
    forge,
  );
  agree('repository', repository, claim.repository);
  if (claim.workflow !== null) agree('workflow', workflow, claim.workflow);
  return {
    issuer,
    repository,
    repositoryId: extensionNumber(certificate, SOURCE_REPOSITORY_ID, 'source repository id'),
    ownerId: extensionNumber(certificate, SOURCE_REPOSITORY_OWNER_ID, 'source repository owner id'),
    workflow,
  };
}

/** From `https://github.com/o/r/.github/workflows/w.yml@refs/heads/main` the path within o/r. */
function workflowOf(uri: string, repository: string, { separator, workflow }: Forge): string {
  const before = `${repository}${separator}`;
  const at = uri.indexOf('@');
  const path = uri.slice(before.length, at);
  if (!uri.startsWith(before) || at === -1 || !workflow.test(path)) {
    throw new Error(`${uri} is no workflow of ${repository}`);
  }
  return path;
}

function agree(what: string, certified: string, claimed: string): void {
  if (certified === claimed) return;
  throw new Error(`its statement claims the ${what} ${claimed}, its certificate says ${certified}`);
}

function extensionNumber(certificate: X509Certificate, oid: string, name: string): string {
  const text = extensionText(certificate, oid, name);
  if (!/^[1-9]\d{0,19}$/.test(text)) throw new Error(`its ${name} ${text} is no number`);
  return text;
}

function extensionText(certificate: X509Certificate, oid: string, name: string): string {
  const [value, ...others] = certificate.extension(oid)?.valueObj.subs ?? [];
  if (value === undefined || others.length > 0 || value.tag.number !== UTF8_STRING) {
    throw new Error(`its certificate has no ${name} (${oid})`);
  }
  return value.value.toString('utf8');
}
