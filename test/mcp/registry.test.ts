/** `cli/server.json`, the entry for the MCP registry, says what is so of the package and its command. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { npm } from '../support/install-once.js';
import { REPO, Sandbox } from '../support/sandbox.js';

interface Entry {
  readonly $schema: string;
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly version: string;
  readonly repository?: { readonly url: string };
  readonly packages: readonly {
    readonly registryType: string;
    readonly identifier: string;
    readonly version: string;
    readonly transport: { readonly type: string };
    readonly packageArguments: readonly { readonly type: string; readonly value: string }[];
  }[];
}

interface Package {
  readonly name: string;
  readonly version: string;
  readonly mcpName: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly repository?: { readonly url: string };
}

const CLI = join(REPO, 'cli');
const read = (name: string): unknown => JSON.parse(readFileSync(join(CLI, name), 'utf8'));
const entry = read('server.json') as Entry;
const manifest = read('package.json') as Package;

test('the entry is that of the package: name, version, and within the limits of the registry', () => {
  assert.match(entry.$schema, /\/schemas\/2025-12-11\/server\.schema\.json$/);
  assert.equal(entry.name, manifest.mcpName);
  assert.match(entry.name, /^[a-zA-Z0-9.-]+\/[a-zA-Z0-9._-]+$/);
  assert.equal(entry.version, manifest.version);
  assert.ok(entry.description.length >= 1 && entry.description.length <= 100);
  assert.equal(entry.packages.length, 1);
  const [npmPackage] = entry.packages;
  assert.equal(npmPackage?.registryType, 'npm');
  assert.equal(npmPackage.identifier, manifest.name);
  assert.equal(npmPackage.version, manifest.version);
  assert.equal(entry.repository?.url, manifest.repository?.url);
});

test('the command of the entry is packed, and serves MCP over stdio', async () => {
  const { transport, packageArguments } = entry.packages[0] ?? assert.fail('no package');
  assert.equal(transport.type, 'stdio');
  assert.ok(packageArguments.every(({ type }) => type === 'positional'));
  const args = packageArguments.map(({ value }) => value);
  // npx takes the one command of a package, whatever its name.
  const [program = ''] = Object.values(manifest.bin);
  assert.equal(Object.keys(manifest.bin).length, 1);

  const [packed] = JSON.parse(await npm(['pack', '--dry-run', '--json'], CLI, process.env)) as [
    { files: { path: string }[] },
  ];
  const paths = packed.files.map(({ path }) => path);
  const beside = readFileSync(join(CLI, program), 'utf8').matchAll(
    /require\("\.\/([\w-]+\.js)"\)/g,
  );
  const parts = [...beside].map(([, name]) => `dist/bin/${name}`);
  assert.ok(parts.includes('dist/bin/mcp.js'), parts.join());
  for (const path of ['package.json', program, ...parts]) assert.ok(paths.includes(path), path);

  await using box = new Sandbox();
  const stdio = ['pipe', 'pipe', 'pipe'] as const;
  const server = box.start(process.execPath, [join(CLI, program), ...args], { stdio: [...stdio] });
  const hello = {
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'test', version: '1' },
    },
  };
  server.child.stdin?.write(`${JSON.stringify(hello)}\n`);
  const { result } = JSON.parse(await server.says(/^\{.*\}$/m)) as {
    result: { serverInfo: { name: string; title: string; version: string } };
  };
  assert.equal(result.serverInfo.title, entry.title);
  assert.equal(result.serverInfo.version, entry.version);
  server.child.stdin?.end();
  assert.equal((await server.ended).code, 0);
});
