/**
 * What a lock says of a publisher is not believed: an audit that asks for provenance fetches the
 * attestation and verifies it, from the registry that the user configured and no other.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { evidenceOf } from '../../cli/src/plugins/attestations.js';
import { audit } from '../../cli/src/plugins/audit.js';
import type { AskRegistry } from '../../cli/src/plugins/published.js';
import {
  attest,
  CERTIFIED,
  PUBLISHER,
  REPOSITORY,
  sigstore,
  statement,
  subjectOf,
  WORKFLOW,
} from '../plugins/attest.js';
import type { Attestation } from '../../cli/src/plugins/provenance.js';
import { assertEnds, PluginBox } from '../plugins/support.js';

const NAME = 'waitbus-source-k8s';

/** An installed package whose lock says that it was published with provenance. */
async function claiming(box: PluginBox, change: object = {}): Promise<void> {
  await box.add(await box.tarball({ name: NAME, version: '1.4.2', source: 'k8s' }));
  box.rewrite((plugins) => ({
    ...plugins,
    [NAME]: {
      ...box.pin(NAME),
      evidence: 'provenance',
      origin: 'registry',
      publisher: PUBLISHER,
      ...change,
    },
  }));
}

/** A registry that has the pinned bytes and these attestations of them; null: it has none. */
function registryWith(box: PluginBox, attestations: readonly Attestation[] | null): AskRegistry {
  return async (name, version) => {
    const integrity = box.pin(NAME).integrity ?? '';
    const evidence = () =>
      evidenceOf({
        name,
        version,
        integrity,
        dist: attestations === null ? {} : { attestations: {} },
        registry: 'https://registry.example',
        fetchJson: async () => ({ attestations }),
        trustMaterial: async () => sigstore.trustMaterial,
      });
    return { integrity, evidence };
  };
}

async function findingsOf(box: PluginBox, askRegistry: AskRegistry) {
  const { findings } = await audit({
    lockfile: box.lockfile,
    pluginsDir: box.paths.plugins,
    versions: { waitbus: '0.1.0', node: process.version },
    requireEvidence: 'provenance',
    askRegistry,
  });
  return findings.map(({ rule, code, message }) => `${rule} ${code} ${message}`);
}

const hex = (box: PluginBox) =>
  Buffer.from((box.pin(NAME).integrity ?? '').replace('sha512-', ''), 'base64').toString('hex');
const subject = (box: PluginBox) => [subjectOf(`pkg:npm/${NAME}@1.4.2`, hex(box))];

test('an attestation that holds and names the pinned publisher is no finding', async () => {
  await using box = new PluginBox();
  await claiming(box);
  const one = await attest(statement({ subject: subject(box) }));
  assert.deepEqual(await findingsOf(box, registryWith(box, [one])), []);
});

for (const [what, sign, says] of [
  [
    'there is none',
    async () => null,
    /integrity-mismatch 76 .*the registry has no attestation of it/,
  ],
  [
    'it is of another repository',
    async (box: PluginBox) => {
      const repository = 'https://github.com/eve/waitbus-source-k8s';
      const extensions = {
        ...CERTIFIED,
        12: repository,
        15: '666',
        18: `${repository}/${WORKFLOW}@refs/heads/main`,
      };
      return [await attest(statement({ subject: subject(box) }, repository), { extensions })];
    },
    /integrity-mismatch 76 .*names https:\/\/github\.com\/eve\/waitbus-source-k8s \(id 666\)/,
  ],
  [
    'it is of another workflow of the repository',
    async (box: PluginBox) => {
      const path = '.github/workflows/pull-request.yml';
      const extensions = { ...CERTIFIED, 18: `${REPOSITORY}/${path}@refs/heads/main` };
      const text = statement({ subject: subject(box) }, REPOSITORY, path);
      return [await attest(text, { extensions })];
    },
    /integrity-mismatch 76 .*pull-request\.yml, by .*its pin .*release\.yml/,
  ],
  [
    'the statement of another version is replayed',
    async (box: PluginBox) => [
      await attest(statement({ subject: [subjectOf(`pkg:npm/${NAME}@1.4.1`, hex(box))] })),
    ],
    /integrity-mismatch 76 .*speaks of pkg:npm\/waitbus-source-k8s@1\.4\.1/,
  ],
  [
    'the statement of other bytes is replayed',
    async () => [await attest(statement())],
    /integrity-mismatch 76 .*speaks of (a package with other bytes|pkg)/,
  ],
] as const) {
  test(`a lock claims provenance, and ${what}: a finding`, async () => {
    await using box = new PluginBox();
    await claiming(box);
    const [found = '', ...more] = await findingsOf(box, registryWith(box, await sign(box)));
    assert.match(found, says);
    assert.deepEqual(more, []);
  });
}

test('a lock cannot say that a file of the user has provenance', async () => {
  await using box = new PluginBox();
  await claiming(box, { origin: 'tarball' });
  const found = await findingsOf(box, () => assert.fail('asked a registry'));
  assert.match(found.join(), /evidence-absent 65 .*has evidence local, required is provenance/);
});

test('--require-evidence provenance asks the registry, and 69 where it cannot', async () => {
  await using box = new PluginBox({
    npm_config_offline: 'false',
    npm_config_registry: 'http://127.0.0.1:1/',
    npm_config_fetch_retries: '0',
  });
  await claiming(box);
  const required = ['audit', '--require-evidence', 'provenance'];
  assertEnds(await box.plugin(...required), 69);
  assertEnds(await box.plugin('audit'), 0);
});

test('the registry is that of the user, whatever lies in the temporary directory above', async () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(404).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = (path: string) =>
    `http://127.0.0.1:${(server.address() as AddressInfo).port}/${path}/`;
  try {
    await using box = new PluginBox({ npm_config_offline: 'false', npm_config_fetch_retries: '0' });
    writeFileSync(join(box.env['HOME'] ?? '', '.npmrc'), `registry=${url('of-the-user')}\n`);
    // As another user could, where all share one temporary directory.
    writeFileSync(join(box.directory, 'package.json'), '{}');
    writeFileSync(join(box.directory, '.npmrc'), `registry=${url('of-somebody')}\n`);
    await claiming(box);
    await box.plugin('audit', '--online');
  } finally {
    server.close();
  }
  assert.ok(asked.length > 0);
  assert.deepEqual(
    asked.filter((path) => !path.startsWith('/of-the-user/')),
    [],
  );
});
