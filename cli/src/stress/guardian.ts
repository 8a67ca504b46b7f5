/**
 * Ends what a run started, once the run is over, however it ended: also when it was killed with
 * SIGKILL. A process of its own that reads, from the run's pipe, which process groups there are, and
 * acts when the pipe ends. It decides nothing else.
 *
 * Lines: `group PID`, `gone PID`, `remove DIRECTORY`, `mark NAME=VALUE` for what left its group: on Linux every
 * process whose environment holds this is ended too.
 */
import { readdirSync, readFileSync, rmSync } from 'node:fs';

const groups = new Set<number>();
const directories: string[] = [];
const marks: string[] = [];

// The terminal's Ctrl-C is the run's to answer.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

let text = '';
process.stdin.setEncoding('utf8').on('data', (chunk: string) => {
  const lines = (text + chunk).split('\n');
  text = lines.pop() ?? '';
  for (const line of lines) note(line);
});
process.stdin.once('close', endAll);

function note(line: string): void {
  const space = line.indexOf(' ');
  const value = line.slice(space + 1);
  switch (line.slice(0, space)) {
    case 'group':
      groups.add(Number(value));
      break;
    case 'gone':
      groups.delete(Number(value));
      break;
    case 'remove':
      directories.push(value);
      break;
    case 'mark':
      marks.push(value);
      break;
  }
}

function endAll(): void {
  for (const group of groups) kill(-group);
  // Who was being started meanwhile may have children by now.
  while (marked().filter(kill).length > 0);
  for (const directory of directories) {
    rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }
}

function kill(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch {
    return false;
  }
}

/** The processes of the run, by their environment. A dead one that nobody reaped yet has none. */
function marked(): number[] {
  if (process.platform !== 'linux' || marks.length === 0) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => {
      try {
        const variables = readFileSync(`/proc/${name}/environ`, 'utf8').split('\0');
        return marks.some((mark) => variables.includes(mark));
      } catch {
        return false;
      }
    })
    .map(Number);
}
