/** The one image that containers of tests run: a static busybox, as an archive that engines import. */
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export const IMAGE = 'waitbus-test:1';

/** @returns the archive's path, in `directory` */
export function busyboxArchive(directory: string): string {
  const root = join(directory, 'image');
  mkdirSync(join(root, 'bin'), { recursive: true });
  copyFileSync(onPath('busybox') ?? '', join(root, 'bin', 'busybox'));
  for (const name of ['sh', 'true', 'sleep', 'cat', 'test', 'rm', 'touch']) {
    symlinkSync('busybox', join(root, 'bin', name));
  }
  const archive = join(directory, 'image.tar');
  execFileSync('tar', ['-C', root, '-cf', archive, '.']);
  return archive;
}

/** Why the image cannot be made or run with these programs, one of them busybox; null when it can. */
export function notInstalled(...programs: readonly string[]): string | null {
  const missing = programs.find((program) => onPath(program) === null);
  if (missing !== undefined) return `${missing} is not installed`;
  const { stdout, stderr } = spawnSync('ldd', [onPath('busybox') ?? ''], { encoding: 'utf8' });
  return /not a dynamic|statically/.test(stdout + stderr) ? null : 'busybox is not a static one';
}

function onPath(program: string): string | null {
  const places = (process.env['PATH'] ?? '').split(delimiter).map((one) => join(one, program));
  return places.find((place) => existsSync(place)) ?? null;
}
