/**
 * Packages that a test needs and the workspace does not depend on, so that `npm ci` stays fast:
 * installed on first use, at the versions given, into node_modules/.cache, and kept there.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPO } from './sandbox.js';

/** Members of a package.json: name to version. */
export interface Wanted {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly overrides?: Readonly<Record<string, string>>;
}

export interface InstallOptions {
  /** It says that it needs a newer Node, and was seen to run on this one. */
  readonly anyEngine?: boolean;
}

/** @returns the directory that holds their node_modules */
export async function installOnce(
  name: string,
  wanted: Wanted,
  { anyEngine = false }: InstallOptions = {},
): Promise<string> {
  const cache = join(REPO, 'node_modules', '.cache');
  const manifest = JSON.stringify({ name: 'installed-for-tests', private: true, ...wanted });
  const digest = createHash('sha256').update(manifest).update(process.version).digest('hex');
  const place = join(cache, `${name}-${digest.slice(0, 12)}`);
  if (existsSync(place)) return place;
  mkdirSync(cache, { recursive: true });
  const next = mkdtempSync(join(cache, `.${name}-`));
  try {
    writeFileSync(join(next, 'package.json'), manifest);
    const quiet = ['--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'];
    const engines = anyEngine ? ['--engine-strict=false'] : [];
    const how = ['--ignore-scripts', '--omit=dev', ...engines, ...quiet];
    await npm(['install', ...how], next, process.env);
    renameSync(next, place);
  } catch (error) {
    rmSync(next, { recursive: true, force: true });
    // Two tests may begin at once; the first to come to an end is what both take.
    if (!existsSync(place)) throw error;
  }
  return place;
}

/**
 * Runs npm to its end.
 * @returns what it printed
 */
export async function npm(
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const child = spawn('npm', args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  if (code !== 0)
    throw new Error(`npm ${args.join(' ')} ended with ${code}:\n${stdout}\n${stderr}`);
  return stdout;
}
