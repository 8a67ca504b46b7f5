/** The official conformance suite of MCP, installed on first use: its list of scenarios, and a run. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { installOnce } from '../support/install-once.js';
import type { Sandbox } from '../support/sandbox.js';

const NAME = '@modelcontextprotocol/conformance';
export const SUITE_VERSION = '0.2.0-alpha.12';
const WANTED = {
  dependencies: { [NAME]: SUITE_VERSION },
  // Belongs to a command of the suite that is not used here; what is newer needs Node 22.
  overrides: { '@octokit/request': '10.0.7' },
};

/** What npm says when there is no registry to ask. */
const UNREACHABLE =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|E?TIMEDOUT|ERR_SOCKET_TIMEOUT)\b/;

export interface Check {
  readonly id: string;
  readonly status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO';
  readonly errorMessage?: string;
  readonly details?: unknown;
}

/** @returns where it is installed, or why it cannot be had */
export async function conformanceSuite(): Promise<{ place: string } | { reason: string }> {
  try {
    return { place: await installOnce('mcp-conformance', WANTED) };
  } catch (error) {
    const [why] = UNREACHABLE.exec(String(error)) ?? [];
    if (why === undefined) throw error;
    return { reason: `${NAME} cannot be installed: ${why}` };
  }
}

/**
 * The suite in one CommonJS file. As it comes it needs Node 22, since it imports fs.globSync, which a
 * command that is not used here calls; in CommonJS a member that Node 20 does not have is undefined.
 */
export async function suiteProgram(place: string, box: Sandbox): Promise<string> {
  const outfile = join(box.directory, 'conformance.cjs');
  await build({
    entryPoints: [join(place, 'node_modules', NAME, 'dist', 'index.js')],
    outfile,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    define: { 'import.meta.url': 'ownUrl' },
    banner: { js: "const ownUrl = require('node:url').pathToFileURL(__filename).href;" },
    logLevel: 'warning',
  });
  return outfile;
}

/** @returns of each scenario for servers the versions of the protocol, or `extension` */
export async function scenarios(
  program: string,
  box: Sandbox,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const { stdout } = await box.start(process.execPath, [program, 'list', '--server']).ended;
  return new Map(
    [...stdout.matchAll(/^ {2}- (\S+) \[(.+)\]$/gm)].map(([, name = '', versions = '']) => [
      name,
      versions.split(','),
    ]),
  );
}

/** @returns of each scenario that was run the checks that it made */
export async function runSuite(
  program: string,
  box: Sandbox,
  url: string,
  version: string,
): Promise<ReadonlyMap<string, readonly Check[]>> {
  const results = join(box.directory, `results-${version}`);
  const server = ['server', '--url', url, '--suite', 'all', '--spec-version', version];
  const ended = await box.start(process.execPath, [program, ...server, '-o', results]).ended;
  if (!/^=== SUMMARY ===$/m.test(ended.stdout))
    throw new Error(`the suite broke off:\n${ended.stdout}\n${ended.stderr}`);
  return new Map(
    readdirSync(results).map((directory) => {
      const name = directory.replace(/^server-/, '').replace(/-\d{4}-\d\d-\d\dT[\dZ-]+$/, '');
      const text = readFileSync(join(results, directory, 'checks.json'), 'utf8');
      return [name, JSON.parse(text) as Check[]];
    }),
  );
}
