/** `waitbus source check`: whether a source could see events now, and if not what to do. */
import { parseArgs } from 'node:util';
import { loadConfig } from '../../config/config.js';
import { formatDuration, MAX_TIMER_MS, parseDuration } from '../../duration.js';
import { findInstallation } from '../../installation.js';
import { resolvePaths } from '../../paths.js';
import { checkSource, type SourceCheck } from '../../sources/check.js';
import { factsFor, gatherSources, type Gathered, type SourceFacts } from '../../sources/facts.js';
import { EXIT, print, UsageError } from '../../terminal/exit.js';
import { printText } from '../../terminal/print.js';
import { directoryOf } from '../../working-directory.js';

export const help = `usage: waitbus source check NAME [--cwd DIR] [--timeout 10s] [--json]
       waitbus source check --all

Starts a source as a wait does and says whether it could see events now, how it observes, and if it
could not, exactly what to do. Of one to which other programs emit it says how to turn it on.

  --all           every source that is enabled and set up
  --cwd DIR       the directory that fs is to watch (default: this one)
  --timeout 10s   how long it may take
  --json          the same as one JSON object
  --no-autostart  do not start a daemon

exit codes: 0 it could see events, 1 it could not, 2 no such source, or no daemon could be had

examples
  waitbus source check github
  waitbus source check --all`;

const DEFAULT_TIMEOUT = '10s';

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    strict: true,
    options: {
      all: { type: 'boolean' },
      cwd: { type: 'string' },
      timeout: { type: 'string' },
      json: { type: 'boolean' },
      'no-autostart': { type: 'boolean' },
    },
  });
  const [name, ...rest] = positionals;
  if ((name === undefined) !== (values.all === true) || rest.length > 0) {
    throw new UsageError('name one source, or say --all');
  }
  const timeoutMs = parseDuration(values.timeout ?? DEFAULT_TIMEOUT);
  if (timeoutMs === null || timeoutMs <= 0 || timeoutMs > MAX_TIMER_MS) {
    throw new UsageError(`--timeout ${values.timeout} is not a duration such as 10s`);
  }
  const paths = resolvePaths();
  const config = await loadConfig(paths.configDir);
  const gathered = await gatherSources(findInstallation(), paths, config);
  const options = {
    paths,
    cwd: directoryOf(values.cwd),
    timeoutMs: Math.max(1, Math.round(timeoutMs)),
    env: process.env,
    ...(values['no-autostart'] === true ? { autostart: false } : {}),
  };
  const checks = await Promise.all(
    (name === undefined ? checkable(gathered) : [factsFor(gathered, name)]).map((facts) =>
      checkSource(facts, options),
    ),
  );
  const ok = checks.every((check) => check.ok);
  if (values.json === true) printText(JSON.stringify({ ok, sources: checks }, null, 2));
  else printChecks(checks);
  return ok ? EXIT.ok : EXIT.failure;
}

function checkable({ facts }: Gathered): SourceFacts[] {
  return [...facts.values()].filter(({ setup }) => setup === 'enabled');
}

function printChecks(checks: readonly SourceCheck[]): void {
  const width = Math.max(0, ...checks.map(({ source }) => source.length));
  for (const { source, state, detail, remedy, ms } of checks) {
    const said = state === 'ready' ? `ready in ${formatDuration(ms)}` : state;
    print(`${source.padEnd(width)}  ${said}${detail === '' ? '' : `: ${detail}`}`);
    if (remedy !== '') print(`${' '.repeat(width)}  ${remedy}`);
  }
}
