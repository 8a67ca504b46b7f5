/** The facts of the machine without which a figure says nothing. */
import { readFileSync, statfsSync } from 'node:fs';
import { cpus, loadavg, release, tmpdir, totalmem } from 'node:os';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
  /** The file system that the stores are on, by its number. */
  readonly fileSystem: string;
  readonly loadAtStart: readonly number[];
}

export function machine(): Machine {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: `${process.platform} ${release()}`,
    node: process.version,
    fileSystem: fileSystemOf(tmpdir()),
    loadAtStart: loadavg(),
  };
}

function fileSystemOf(directory: string): string {
  try {
    const mounts = readFileSync('/proc/mounts', 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split(' '))
      .filter(([, mount = '']) => `${directory}/`.startsWith(mount === '/' ? '/' : `${mount}/`));
    const deepest = mounts.sort((a, b) => (a[1] ?? '').length - (b[1] ?? '').length).at(-1);
    return deepest?.[2] ?? 'unknown';
  } catch {
    return `type ${statfsSync(directory).type.toString(16)}`;
  }
}
