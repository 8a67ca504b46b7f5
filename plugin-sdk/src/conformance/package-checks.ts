/** The checks of a package as a whole, which need no process of a source. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { promisify } from 'node:util';
import type { Manifest } from '../manifest/entry.js';
import { Failure } from './failure.js';

const run = promisify(execFile);

/** npm runs these when the package is installed by somebody else. */
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall'];

/** @throws Failure when installing the package would run code */
export function checkInstallScripts(directory: string, packageJson: string): void {
  const { scripts } = JSON.parse(packageJson) as { scripts?: Record<string, unknown> };
  const found = INSTALL_SCRIPTS.filter((name) => Object.hasOwn(Object(scripts) as object, name));
  if (found.length > 0) {
    throw new Failure(`package.json has ${found.join(', ')} among its scripts; they never run`);
  }
  if (existsSync(join(directory, 'binding.gyp'))) {
    throw new Failure('binding.gyp makes npm compile the package when it is installed');
  }
}

export interface Packed {
  /** The tarball. */
  readonly file: string;
  /** What is in it, relative to the package. */
  readonly paths: readonly string[];
}

/** Packs as npm publish would, without its scripts, into a directory. */
export async function pack(directory: string, into: string): Promise<Packed> {
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', into];
  let text: string;
  try {
    ({ stdout: text } = await run('npm', args, { cwd: directory, maxBuffer: 64 * 1024 * 1024 }));
  } catch (error) {
    const { code, stderr = '' } = error as NodeJS.ErrnoException & { stderr?: string };
    if (code === 'ENOENT') throw new Failure('npm is not on PATH; it comes with Node');
    throw new Failure(`npm pack failed: ${stderr.trim().slice(0, 500)}`);
  }
  const [packed] = JSON.parse(text) as {
    readonly filename: string;
    readonly files: readonly { readonly path: string }[];
  }[];
  if (packed === undefined) throw new Failure('npm pack made no tarball');
  // A scoped name comes with a slash from some versions of npm, the file never has one.
  const name = packed.filename.replace(/^@/, '').replace('/', '-');
  return { file: join(into, name), paths: packed.files.map(({ path }) => path) };
}

/** @throws Failure when the tarball lacks what the manifest names */
export async function checkTarball(directory: string, manifest: Manifest): Promise<void> {
  const into = mkdtempSync(join(tmpdir(), 'waitbus-kit-'));
  try {
    const { paths } = await pack(directory, into);
    const missing = filesNamed(manifest).filter(
      (path) => !paths.some((packed) => packed === path || packed.startsWith(`${path}/`)),
    );
    if (missing.length === 0) return;
    throw new Failure(
      `what npm would publish lacks ${missing.join(', ')}; see "files" in package.json, and build first`,
    );
  } finally {
    rmSync(into, { recursive: true, force: true });
  }
}

function filesNamed(manifest: Manifest): string[] {
  const named = Object.values(manifest.sources).flatMap(({ entry, shellEnv = {} }) => [
    ...(entry === undefined ? [] : [entry]),
    ...Object.values(shellEnv).flatMap((variable) =>
      'prependPath' in variable ? [variable.prependPath] : [],
    ),
  ]);
  return ['package.json', ...named.map((path) => posix.normalize(path))];
}
