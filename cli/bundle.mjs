/**
 * Bundles the programs that waitbus starts: the `waitbus` command with its client commands, those of
 * plugins, the daemon, the runner of source processes, and the tool that writes the workspace's lock. They are
 * CommonJS, whose loader costs a short command 10 to 20 ms less than that of ES modules; a module
 * is evaluated when it is first needed. Native packages, and those that only the daemon loads, stay
 * outside.
 */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { licensesOf } from './licenses.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
/** Beside the place, then moved there: a command that starts meanwhile finds all of it. */
const next = `${here}dist/bin-${process.pid}`;

const common = {
  absWorkingDir: here,
  outdir: next,
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20.19',
  external: [
    'better-sqlite3',
    'koffi',
    'pino',
    'cosmiconfig',
    'yaml',
    'zod',
    'semver',
    'tar',
    'npm-install-checks',
    'diff',
    'jsonc-parser',
    '@sigstore/bundle',
    '@sigstore/core',
    '@sigstore/tuf',
    '@sigstore/verify',
    'tsx',
    '@modelcontextprotocol/*',
  ],
  define: { 'import.meta.url': 'ownUrl' },
  banner: {
    js: "#!/usr/bin/env node\nconst ownUrl = require('node:url').pathToFileURL(__filename).href;",
  },
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
};

const metafiles = [];

async function bundle(options) {
  const { metafile } = await build({ ...common, ...options });
  metafiles.push(metafile);
}

/** What most runs do not need is a file of its own beside the program, read when it is. */
const apart = (filter, path) => ({
  name: `apart ${path}`,
  setup: ({ onResolve }) => {
    onResolve({ filter }, ({ kind }) =>
      kind === 'entry-point' ? undefined : { path, external: true },
    );
  },
});
/** A client command does not read the daemon's code, nor the daemon that of the client commands. */
const daemonApart = apart(/\/commands\/daemon\.js$/, './daemon.js');
/** A short command does not read what installs and audits packages. */
const pluginApart = apart(/\/commands\/plugin\/index\.js$/, './plugin.js');
/** Nor what reads and changes the configuration. */
const adminApart = ['source', 'config'].map((name) =>
  apart(new RegExp(`/commands/${name}/index\\.js$`), `./${name}.js`),
);
/** The MCP server brings schemas and a protocol. */
const mcpApart = apart(/\/commands\/mcp\.js$/, './mcp.js');
/** Nor the editors of the harnesses' files. */
const installApart = apart(/\/commands\/install\/index\.js$/, './install.js');
const doctorApart = apart(/\/commands\/doctor\.js$/, './doctor.js');
/** Nor what plays swarms. */
const swarmApart = ['stress', 'swarm-demo'].map((name) =>
  apart(new RegExp(`/commands/${name}\\.js$`), `./${name}.js`),
);
/** `plugin dev` holds a daemon of its own. */
const devApart = apart(/^\.\/dev\.js$/, './plugin-dev.js');
/** A source without a webhook does not read the HTTP library. */
const webhookApart = apart(/\/webhook\/open\.js$/, './webhook.js');

await bundle({
  entryPoints: { waitbus: 'src/main.ts' },
  // Lazily loaded parts are required: `import()` would start the loader of ES modules for them.
  supported: { 'dynamic-import': false },
  plugins: [
    daemonApart,
    pluginApart,
    ...adminApart,
    ...swarmApart,
    doctorApart,
    mcpApart,
    installApart,
  ],
});
await bundle({
  entryPoints: { plugin: 'src/commands/plugin/index.ts' },
  supported: { 'dynamic-import': false },
  plugins: [devApart],
});
await bundle({
  entryPoints: {
    source: 'src/commands/source/index.ts',
    config: 'src/commands/config/index.ts',
    doctor: 'src/commands/doctor.ts',
    install: 'src/commands/install/index.ts',
    stress: 'src/commands/stress.ts',
    'swarm-demo': 'src/commands/swarm-demo.ts',
  },
  supported: { 'dynamic-import': false },
});
// Every session of an agent starts it, and waits: two files in place of 115 are there 100 ms sooner.
await bundle({
  entryPoints: { mcp: 'src/commands/mcp.ts' },
  external: common.external.filter((name) => !/^(zod|@modelcontextprotocol\/.*)$/.test(name)),
  supported: { 'dynamic-import': false },
});
await bundle({
  entryPoints: { daemon: 'src/commands/daemon.ts', 'plugin-dev': 'src/commands/plugin/dev.ts' },
  supported: { 'dynamic-import': false },
});
await bundle({
  entryPoints: {
    'source-runner': '../plugin-sdk/src/child/main.ts',
    webhook: '../plugin-sdk/src/webhook/open.ts',
    'lock-workspace': 'src/lock-workspace.ts',
  },
  plugins: [webhookApart],
});
writeFileSync(`${next}/THIRD-PARTY-LICENSES.txt`, licensesOf(metafiles, here));
writeFileSync(`${next}/package.json`, '{ "type": "commonjs" }\n');
chmodSync(`${next}/waitbus.js`, 0o755);
rmSync(`${here}dist/bin`, { recursive: true, force: true });
renameSync(next, `${here}dist/bin`);
/** Agents in other languages lie beside the compiled ones, as they are. */
for (const name of readdirSync(`${here}src/stress/agents`)) {
  if (!name.endsWith('.ts'))
    copyFileSync(`${here}src/stress/agents/${name}`, `${here}dist/stress/agents/${name}`);
}
const lock = `${here}../plugins.lock.json`;
if (existsSync(lock)) copyFileSync(lock, `${here}dist/plugins.lock.json`);
