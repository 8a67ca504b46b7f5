/** The evidence for a package: its attestations as the registry has them, and never less in silence. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import {
  evidenceOf,
  sigstoreTrust,
  type EvidenceInput,
} from '../../cli/src/plugins/attestations.js';
import { Sandbox } from '../support/sandbox.js';
import {
  attest,
  integrity,
  name,
  PUBLISH,
  PUBLISHER,
  sigstore,
  SLSA,
  statement,
  subjectOf,
  version,
} from './attest.js';

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
