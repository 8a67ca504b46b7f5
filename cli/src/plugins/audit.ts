/**
 * Findings about a lock and what is installed by it: all of them, in a fixed order, so that two runs
 * over the same files say the same. Reads files; asks the registry only when told to.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import {
  below,
  compareCodePoints,
  parseLockfile,
  type Lockfile,
  type Pin,
} from '@waitbus/plugin-sdk/lockfile';
import { packageCapabilities, type Manifest } from '@waitbus/plugin-sdk/manifest';
import { readManifest } from '@waitbus/plugin-sdk/manifest/check';
import satisfies from 'semver/functions/satisfies.js';
import { finding, type Finding } from './finding.js';
import { inspectPlugin } from './inspect.js';
import { packageIn, prefixOf, STAGING } from './layout.js';
import { textOf } from './lock-store.js';
import { published, type AskRegistry } from './published.js';
import { conflictsOf, describeConflict } from './reserved.js';
import type { Versions } from './admit.js';

export interface AuditOptions {
  readonly lockfile: string;
  readonly pluginsDir: string;
  readonly versions: Versions;
  /** Weaker evidence than this is a finding; null: any will do. */
  readonly requireEvidence: 'provenance' | 'registry' | null;
  /** Null: offline. */
  readonly askRegistry: AskRegistry | null;
}

export interface Audit {
  /** Plugins that were looked at. */
  readonly plugins: readonly string[];
  readonly findings: readonly Finding[];
}

const STRENGTH = { local: 0, registry: 1, provenance: 2 } as const;

export async function audit(options: AuditOptions): Promise<Audit> {
  const { lockfile, pluginsDir } = options;
  let text: string | null;
  try {
    text = textOf(lockfile);
  } catch (error) {
    return { plugins: [], findings: [finding('lock-malformed', null, error)] };
  }
  if (text === null) {
    const message = `there is no ${lockfile}`;
    return {
      plugins: [],
      findings: [finding('lock-missing', null, new WaitbusError('WAITBUS_NO_LOCKFILE', message))],
    };
  }
  let lock: Lockfile;
  try {
    lock = parseLockfile(text, lockfile);
  } catch (error) {
    return { plugins: [], findings: [finding('lock-malformed', null, error)] };
  }
  const names = Object.keys(lock.plugins).sort(compareCodePoints);
  const findings: Finding[] = [...conflicts(lock)];
  for (const name of names) {
    const pin = lock.plugins[name] as Pin;
    findings.push(
      ...(pin.origin === 'workspace'
        ? [notOfALock(name, lockfile)]
        : await examine(name, pin, options)),
    );
  }
  for (const name of installedIn(pluginsDir)) {
    if (Object.hasOwn(lock.plugins, name)) continue;
    const error = new WaitbusError(
      'WAITBUS_NOT_PINNED',
      `${name} is installed and not pinned`,
      `waitbus plugin add ${name} pins it, waitbus plugin remove ${name} removes it.`,
    );
    findings.push(finding('not-pinned', name, error));
  }
  return { plugins: names, findings };
}

/** Nothing is installed by such a pin: it would be a way to hide a package from an audit. */
function notOfALock(name: string, lockfile: string): Finding {
  const error = new WaitbusError(
    'WAITBUS_BAD_LOCKFILE',
    `${name} has origin workspace, which only the lock of waitbus's own source tree has`,
    `Remove it from ${lockfile}: waitbus plugin remove ${name}`,
  );
  return finding('lock-malformed', name, error);
}

async function examine(name: string, pin: Pin, options: AuditOptions): Promise<Finding[]> {
  const { pluginsDir, requireEvidence, askRegistry } = options;
  const findings: Finding[] = [];
  const inspection = await inspectPlugin(pluginsDir, name, pin);
  if (inspection.state === 'absent') {
    const error = new WaitbusError(
      'WAITBUS_NOT_INSTALLED',
      `${name} ${pin.version} is pinned and not installed`,
    );
    findings.push(finding('not-installed', name, error));
  } else if (inspection.state === 'changed') {
    const message = `${name} ${pin.version}: ${inspection.reasons.join('; ')}`;
    findings.push(
      finding('content-mismatch', name, new WaitbusError('WAITBUS_PIN_MISMATCH', message)),
    );
  } else {
    findings.push(...declared(name, pin, options));
  }
  // An attestation is the registry's to show: of anything else a lock cannot say that it has one.
  const evidence = pin.origin === 'registry' ? pin.evidence : 'local';
  if (requireEvidence !== null && STRENGTH[evidence] < STRENGTH[requireEvidence]) {
    const message = `${name} ${pin.version} has evidence ${evidence}, required is ${requireEvidence}`;
    findings.push(
      finding('evidence-absent', name, new WaitbusError('WAITBUS_EVIDENCE_ABSENT', message)),
    );
  }
  if (askRegistry !== null && pin.origin === 'registry') {
    findings.push(...(await published(name, pin, askRegistry)));
  }
  return findings;
}

/** The manifest against what was agreed to, and against this waitbus and Node. */
function declared(name: string, pin: Pin, { pluginsDir, versions }: AuditOptions): Finding[] {
  const file = join(packageIn(prefixOf(pluginsDir, name, pin), name), 'package.json');
  let manifest: Manifest;
  try {
    manifest = readManifest(readFileSync(file, 'utf8'), file);
  } catch (error) {
    return [finding('engine-unsupported', name, error)];
  }
  const findings: Finding[] = [];
  const asked = packageCapabilities(manifest);
  if (JSON.stringify(asked) !== JSON.stringify({ ...asked, ...pin.capabilities })) {
    const message = `${name} ${pin.version} asks for other capabilities than the lock says were agreed to`;
    const remedy = `waitbus plugin remove ${name} && waitbus plugin add ${name}@${pin.version} asks anew.`;
    findings.push(
      finding(
        'consent-missing',
        name,
        new WaitbusError('WAITBUS_CONSENT_MISSING', message, remedy),
      ),
    );
  }
  for (const [what, range, version] of [
    ['waitbus', manifest.waitbusRange, versions.waitbus],
    ['Node', manifest.nodeRange ?? '*', versions.node],
  ] as const) {
    if (satisfies(version, range, { includePrerelease: true })) continue;
    const message = `${name} ${pin.version} needs ${what} ${range}, this is ${version}`;
    findings.push(
      finding('engine-unsupported', name, new WaitbusError('WAITBUS_ENGINE_MISMATCH', message)),
    );
  }
  return findings;
}

function conflicts(lock: Lockfile): Finding[] {
  const added = Object.entries(lock.plugins).filter(([, { origin }]) => origin !== 'workspace');
  return added.flatMap(([name, pin]) =>
    conflictsOf(name, pin.sources, lock).map((conflict) => {
      const message = `${name}: ${describeConflict(conflict)}`;
      const remedy = `waitbus plugin remove ${name}`;
      return finding(
        'name-conflict',
        name,
        new WaitbusError('WAITBUS_NAME_CONFLICT', message, remedy),
      );
    }),
  );
}

/** Package names that have something installed, complete or not pinned any more. */
function installedIn(pluginsDir: string): string[] {
  const list = (path: string) =>
    existsSync(path)
      ? readdirSync(path, { withFileTypes: true })
          .filter((entry) => entry.isDirectory() && entry.name !== STAGING)
          .map(({ name }) => name)
      : [];
  const names = list(pluginsDir).flatMap((name) =>
    name.startsWith('@') ? list(below(pluginsDir, name)).map((one) => `${name}/${one}`) : [name],
  );
  return names.filter((name) => list(below(pluginsDir, name)).length > 0).sort(compareCodePoints);
}
