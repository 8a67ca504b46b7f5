/**
 * What speaks for a package beyond its bytes. For one of the registry that is what the registry says
 * of it now, and an attestation if it has one; for one of the user's own, the user.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import type { Pin } from '@waitbus/plugin-sdk/lockfile';
import { evidenceOf, sigstoreTrust } from './attestations.js';
import type { AskRegistry } from './published.js';
import { PREFIX_PACKAGE } from './layout.js';
import { npm, npmText } from './npm.js';
import type { Spec } from './spec.js';

export type Evidence = (
  origin: Spec['kind'],
  artifact: { readonly name: string; readonly version: string; readonly integrity: string },
) => Promise<Pick<Pin, 'evidence' | 'publisher'>>;

const FETCH_LIMIT_MS = 30_000;

/** @param cachePath where sigstore's keys are kept */
export function gatherEvidence(cachePath: string): Evidence {
  return async (origin, artifact) => {
    if (origin !== 'registry') return { evidence: 'local', publisher: null };
    const { name, version, integrity } = artifact;
    const dist = await distOf(name, version);
    const said = (Object(dist) as Dist).integrity;
    if (said !== integrity) {
      throw new WaitbusError(
        'WAITBUS_PIN_MISMATCH',
        `the registry says ${String(said)} of ${name} ${version}, and sent ${integrity}`,
        'Try again later, or from another registry.',
      );
    }
    const registry = await registryOf(name);
    const trustMaterial = () => sigstoreTrust({ cachePath });
    return evidenceOf({ ...artifact, dist, registry, fetchJson, trustMaterial });
  };
}

/**
 * What the registry says of a published version, and what of that holds.
 * @param gather see gatherEvidence
 */
export function registryAnswer(gather: Evidence): AskRegistry {
  return async (name, version) => {
    const { integrity = null } = Object(await distOf(name, version)) as Dist;
    const evidence = () => gather('registry', { name, version, integrity: integrity ?? '' });
    return { integrity, evidence };
  };
}

interface Dist {
  readonly integrity?: string;
}

/**
 * With an empty cache: from its own npm answers for a registry that is out of reach, even with
 * --prefer-online.
 */
function distOf(name: string, version: string): Promise<unknown> {
  return inEmptyDirectory((directory) => {
    const cache = `--cache=${join(directory, 'cache')}`;
    return npm(['view', cache, `${name}@${version}`, 'dist'], directory);
  });
}

/** The registry that npm asks for a package: its scope's own, or the one for all. */
async function registryOf(name: string): Promise<string> {
  const keys = name.startsWith('@') ? [`${name.split('/')[0] ?? ''}:registry`] : [];
  for (const key of [...keys, 'registry']) {
    const said = await inEmptyDirectory((directory) => npmText(['config', 'get', key], directory));
    if (URL.canParse(said.trim())) return said.trim();
  }
  throw new WaitbusError('WAITBUS_REGISTRY_UNREACHABLE', 'npm has no registry configured');
}

/** Follows no redirect: an attestation comes from where it was asked for. */
async function fetchJson(url: string): Promise<unknown> {
  const response = await fetch(url, {
    redirect: 'error',
    signal: AbortSignal.timeout(FETCH_LIMIT_MS),
    headers: { accept: 'application/json' },
  });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response.json();
}

/**
 * npm runs where no project's .npmrc counts. It takes the next directory above with a package.json
 * for the project's, and the temporary ones are everybody's: so this one has its own.
 */
async function inEmptyDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'waitbus-npm-'));
  try {
    writeFileSync(join(directory, 'package.json'), PREFIX_PACKAGE);
    return await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
