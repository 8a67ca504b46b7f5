/**
 * From what the user named to a candidate: resolved, fetched, laid and hashed in a place that nobody
 * looks into, with the pin that it would get. Decides nothing about trust.
 */
import { copyFileSync, existsSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import {
  below,
  dependencyContents,
  listFiles,
  type DependencyPin,
  type Pin,
} from '@waitbus/plugin-sdk/lockfile';
import {
  declaresSources,
  MANIFEST_KEY,
  packageCapabilities,
  type Manifest,
} from '@waitbus/plugin-sdk/manifest';
import { observePackage, type ObservedPackage } from '@waitbus/plugin-sdk/manifest/check';
import { UsageError } from '../terminal/exit.js';
import type { Evidence } from './evidence.js';
import { lay, pack, type Tarballs } from './lay.js';
import { packageIn } from './layout.js';
import { npm } from './npm.js';
import { runsHere } from './platform.js';
import type { Spec } from './spec.js';
import type { Staging } from './staging.js';
import { readTree, type Tree, type TreeEntry } from './tree.js';
import { integrityOf, unpackable } from './unpack.js';

export interface Candidate {
  readonly name: string;
  readonly pin: Pin;
  readonly staging: Staging;
  readonly manifest: Manifest;
  /** Bytes of all files. */
  readonly size: number;
}

export interface Resolving {
  readonly staging: Staging;
  readonly evidence: Evidence;
  /** ISO 8601 in UTC, whole seconds. */
  readonly now: string;
  readonly progress: (line: string) => void;
}

/** @throws WaitbusError for a package that may never be installed, or cannot be had */
export async function resolveCandidate(spec: Spec, with_: Resolving): Promise<Candidate> {
  const { staging, progress } = with_;
  const atHand: Tarballs = new Map();
  let wanted: string;
  if (spec.kind === 'registry') {
    wanted = `${spec.name}@${spec.range}`;
  } else {
    const tarball = await localTarball(spec, staging);
    atHand.set(integrityOf(tarball), tarball);
    wanted = `file:${tarball}`;
  }
  progress(`resolving ${wanted.replace(/^file:.*\//, '')}`);
  await npm(['install', '--package-lock-only', '--omit=dev', '--', wanted], staging.directory);
  const lock: unknown = JSON.parse(
    readFileSync(join(staging.directory, 'package-lock.json'), 'utf8'),
  );
  const tree = readTree(lock, spec.kind === 'registry' ? spec.name : null);
  const entries = [tree.root, ...tree.dependencies].filter(runsHere);
  progress(`fetching ${entries.length} package${entries.length === 1 ? '' : 's'}`);
  await lay(staging, entries, atHand);
  return describe(tree, spec, with_);
}

/** A tarball in the staging place: a copy of the user's, or one packed out of a directory. */
async function localTarball(spec: Exclude<Spec, { kind: 'registry' }>, staging: Staging) {
  if (spec.kind === 'directory') {
    if (!existsSync(join(spec.path, 'package.json'))) {
      throw new UsageError(`${spec.path} has no package.json, so it is no package`);
    }
    const [tarball = ''] = await pack(staging, [spec.path]);
    return tarball;
  }
  await unpackable(spec.path);
  const tarball = below(staging.tarballs, basename(spec.path));
  copyFileSync(spec.path, tarball);
  return tarball;
}

async function describe(tree: Tree, spec: Spec, with_: Resolving): Promise<Candidate> {
  const { staging, now } = with_;
  const { name, version, integrity } = tree.root;
  const observed = await observe(packageIn(staging.prefix, name), name, version);
  const contents = await dependencyContents(staging.prefix, name);
  const evidence = await with_.evidence(spec.kind, { name, version, integrity: integrity ?? '' });
  const scripts = [tree.root, ...tree.dependencies].some(({ installScript }) => installScript);
  return {
    name,
    staging,
    manifest: observed.packageManifest,
    size: await sizeOf(staging, [tree.root, ...tree.dependencies]),
    pin: {
      capabilities: packageCapabilities(observed.packageManifest),
      content: observed.content,
      contract: MANIFEST_KEY,
      dependencies: Object.fromEntries(
        tree.dependencies.map((entry) => [entry.path, pinOf(entry, contents.get(entry.path))]),
      ),
      firstPinnedAt: now,
      installScripts: scripts ? 'declared' : 'none',
      integrity,
      manifest: observed.manifest,
      origin: spec.kind,
      sources: [...observed.sources],
      version,
      ...evidence,
    },
  };
}

async function observe(directory: string, name: string, version: string): Promise<ObservedPackage> {
  const text = readFileSync(join(directory, 'package.json'), 'utf8');
  if (!declaresSources(text)) {
    const other = /"waitbus\.sources\.v(\d+)"/.exec(text)?.[1];
    if (other !== undefined) {
      throw new WaitbusError(
        'WAITBUS_ENGINE_MISMATCH',
        `${name} ${version} is written for contract waitbus.sources.v${other}; this waitbus knows ${MANIFEST_KEY}`,
        `Upgrade waitbus, or install an older version: npm view ${name} versions lists them.`,
      );
    }
    throw new WaitbusError(
      'WAITBUS_BAD_MANIFEST',
      `${name} ${version} declares no source: its package.json has no ${MANIFEST_KEY}`,
      'npm search waitbus-source lists packages that do.',
    );
  }
  const observed = await observePackage(directory, 'all');
  if (observed.packageName !== name || observed.version !== version) {
    throw new WaitbusError(
      'WAITBUS_INSTALL_REFUSED',
      `${name} ${version} holds the package ${observed.packageName} ${observed.version}`,
    );
  }
  return observed;
}

/** An alias keeps its package's own name in the version, as package.json writes it. */
function pinOf(entry: TreeEntry, content: string | undefined): DependencyPin {
  const { name, path, version, integrity, optional } = entry;
  const alias = !path.endsWith(`node_modules/${name}`);
  return {
    content: content ?? null,
    integrity,
    optional,
    version: alias ? `npm:${name}@${version}` : version,
  };
}

async function sizeOf(staging: Staging, entries: readonly TreeEntry[]): Promise<number> {
  let bytes = 0;
  for (const { path } of entries.filter(runsHere)) {
    const directory = below(staging.prefix, path);
    for (const file of await listFiles(directory, 'all'))
      bytes += statSync(below(directory, file)).size;
  }
  return bytes;
}
