/**
 * Nothing happens on import: the entry module is imported by a process of its own, which is watched
 * for output, files, changes of the environment, and anything it opens or schedules.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { needsProcess, type SourceCheck } from '../check.js';
import { Failure } from '../failure.js';
import type { ProbeReport } from '../probe.js';
import { environmentFor, type Target } from '../target.js';
import { World } from '../world.js';

const PROBE = fileURLToPath(new URL('../probe.js', import.meta.url));

export const importCheck: SourceCheck = {
  id: 'import',
  sentence: 'nothing happens on import',
  needs: ['manifest'],
  skip: needsProcess,
  async run(target) {
    const entry = join(target.directory, target.declared.entry ?? '');
    if (!existsSync(entry)) {
      throw new Failure(
        `there is no ${target.declared.entry ?? ''}; build it first: npm run build`,
      );
    }
    await using world = new World(target);
    const before = listing(target.directory);
    const { report, output, ended } = await probe(target, world, entry);
    if (output !== '') throw new Failure(`it printed: ${output}`);
    if (report === null) throw new Failure('it ended the process');
    if (report.threw !== null) throw new Failure(`it threw: ${report.threw}`);
    const written = [
      ...listing(world.base).keys(),
      ...[...listing(target.directory)].flatMap(([path, mark]) =>
        before.get(path) === mark ? [] : [path],
      ),
    ];
    if (written.length > 0) throw new Failure(`it wrote ${written.join(', ')}`);
    if (report.env.length > 0)
      throw new Failure(`it changed process.env: ${report.env.join(', ')}`);
    if (report.changed.length > 0) throw new Failure(`it changed ${report.changed.join(', ')}`);
    if (report.opened.length > 0) throw new Failure(`it opened ${report.opened.join(', ')}`);
    if (!ended) throw new Failure('it keeps the process from ending');
  },
};

interface Probed {
  /** null when the process ended before it could be written. */
  readonly report: ProbeReport | null;
  readonly output: string;
  /** Whether the process ended by itself. */
  readonly ended: boolean;
}

function probe(target: Target, world: World, entry: string): Promise<Probed> {
  const cwd = world.place;
  const temporary = join(world.base, 'tmp');
  mkdirSync(temporary);
  const child = spawn(process.execPath, [PROBE, entry], {
    cwd,
    env: {
      ...environmentFor(target.declared.capabilities, target.env),
      HOME: world.home,
      TMPDIR: temporary,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  let output = '';
  let report = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  (child.stdio[3] as Readable).setEncoding('utf8').on('data', (text: string) => (report += text));
  return new Promise((resolve, reject) => {
    let ended = true;
    const timer = setTimeout(() => {
      ended = false;
      child.kill('SIGKILL');
    }, target.patience.import);
    child.once('error', reject);
    child.once('close', () => {
      clearTimeout(timer);
      const read = report === '' ? null : (JSON.parse(report) as ProbeReport);
      resolve({ report: read, output: output.trim().slice(0, 500), ended });
    });
  });
}

/** Every file below a directory, without those of other packages, with its size and time. */
function listing(directory: string, below = ''): Map<string, string> {
  const files = new Map<string, string>();
  for (const entry of readdirSync(join(directory, below), { withFileTypes: true })) {
    if (entry.name === 'node_modules' || entry.name === '.git') continue;
    const path = join(below, entry.name);
    if (entry.isDirectory()) {
      for (const [file, mark] of listing(directory, path)) files.set(file, mark);
    } else {
      const { size, mtimeNs } = statSync(join(directory, path), { bigint: true });
      files.set(path, `${size} ${mtimeNs}`);
    }
  }
  return files;
}
