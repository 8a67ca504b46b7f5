/** A file system of its own that a test may fill or break; only root can have one. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class Disk implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'waitbus-disk-'));
  /** Why there is none; null when it is mounted. */
  readonly missing: string | null;
  readonly #image: string | null;

  private constructor(image: string | null, options: readonly string[]) {
    this.#image = image;
    this.missing = run('mount', [...options, image ?? 'tmpfs', this.directory]);
  }

  /** In memory. @param size as mount takes it, 2m say */
  static tmpfs(size: string): Disk {
    return new Disk(null, ['-t', 'tmpfs', '-o', `size=${size}`]);
  }

  /** ext4 in a file, which the system can be told to give up, as it does on a failing disk. */
  static ext4(bytes: number): Disk {
    const directory = mkdtempSync(join(tmpdir(), 'waitbus-image-'));
    const image = join(directory, 'image');
    writeFileSync(image, '');
    truncateSync(image, bytes);
    run('mkfs.ext4', ['-q', image]);
    return new Disk(image, ['-o', 'loop']);
  }

  path(...parts: readonly string[]): string {
    return join(this.directory, ...parts);
  }

  /**
   * Takes all the room there is, but for so many bytes.
   * @returns what gives it back
   */
  fill(but = 0): () => void {
    const file = this.path('filler');
    const filled = spawnSync('dd', ['if=/dev/zero', `of=${file}`, 'bs=4096'], { stdio: 'ignore' });
    if (filled.error !== undefined) throw filled.error;
    truncateSync(file, statSync(file).size - but);
    return () => rmSync(file);
  }

  /** Mounts it again with other options: `ro`, `size=32m`, or `abort` for what a failing disk does. */
  remount(options: string): void {
    const failure = run('mount', ['-o', `remount,${options}`, this.directory]);
    if (failure !== null) throw new Error(failure);
  }

  /** Unmounts and mounts again, after which a given-up one can be written. */
  replug(): void {
    const failure =
      run('umount', [this.directory]) ??
      run('mount', ['-o', 'loop', this.#image ?? '', this.directory]);
    if (failure !== null) throw new Error(failure);
  }

  [Symbol.dispose](): void {
    if (this.missing === null) run('umount', ['-l', this.directory]);
    rmSync(this.directory, { recursive: true });
    if (this.#image !== null) rmSync(join(this.#image, '..'), { recursive: true });
  }
}

/** @returns null, or why it failed */
function run(program: string, args: readonly string[]): string | null {
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (error !== undefined) return error.message;
  return status === 0 ? null : `${program}: ${stderr}`;
}
