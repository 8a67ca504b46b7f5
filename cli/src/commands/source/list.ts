/** `waitbus source list`: every source, whether it may run, how it is, and what it emits. */
import { parseArgs } from 'node:util';
import { askDaemon } from '../../client/ask-daemon.js';
import { loadConfig } from '../../config/config.js';
import type { SourceStatus } from '../../host/status.js';
import { findInstallation } from '../../installation.js';
import { resolvePaths, type Paths } from '../../paths.js';
import {
  gatherSources,
  grantCommand,
  type Gathered,
  type SourceFacts,
} from '../../sources/facts.js';
import { EXIT, print, say } from '../../terminal/exit.js';
import { printText } from '../../terminal/print.js';
import { tableLines } from '../../terminal/table.js';

export const help = `usage: waitbus source list [--json]

Shows every installed source: its package, when it runs, whether it is enabled, its state in the
running daemon, how it observes, and the events that it emits. Never starts a daemon.

example
  waitbus source list`;

interface Line {
  readonly name: string;
  readonly package: string;
  readonly version: string;
  readonly activation: string;
  readonly setup: SourceFacts['setup'];
  /** null while no daemon runs. */
  readonly state: string | null;
  readonly detail: string;
  readonly remedy: string;
  readonly event_types: readonly string[];
  readonly missing_secrets: readonly string[];
}

export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    strict: true,
    options: { json: { type: 'boolean' } },
  });
  const paths = resolvePaths();
  const config = await loadConfig(paths.configDir);
  const gathered = await gatherSources(findInstallation(), paths, config);
  const live = await liveSources(paths);
  const lines = [...gathered.facts.values()].map((facts) => lineOf(facts, live));
  if (values.json === true) printText(JSON.stringify({ sources: lines }, null, 2));
  else printLines(lines, gathered);
  for (const { message, remedy } of gathered.problems) {
    say(message);
    say(`  ${remedy}`);
  }
  return EXIT.ok;
}

/** null while no daemon runs. */
async function liveSources(paths: Paths): Promise<Map<string, SourceStatus> | null> {
  const status = await askDaemon(paths, { op: 'status' });
  if (status === null) return null;
  const sources = status['sources'] as readonly SourceStatus[];
  return new Map(sources.map((source) => [source.name, source]));
}

function lineOf(facts: SourceFacts, live: Map<string, SourceStatus> | null): Line {
  const { source, setup, missingSecrets } = facts;
  const { name, packageName, version, manifest, quarantine } = source;
  const now = live?.get(name);
  const { state, detail, remedy } =
    quarantine === null
      ? { state: now?.state ?? null, detail: now?.detail ?? '', remedy: now?.remedy ?? '' }
      : { state: 'quarantined', detail: quarantine.reason, remedy: quarantine.remedy };
  const needsSetup = setup === 'needs setup' && remedy === '';
  return {
    name,
    package: packageName,
    version,
    activation: manifest.activation,
    setup,
    state,
    detail,
    remedy: needsSetup ? `waitbus source enable ${name}` : remedy,
    event_types: manifest.eventTypes,
    missing_secrets: missingSecrets,
  };
}

function printLines(lines: readonly Line[], gathered: Gathered): void {
  const head = ['SOURCE', 'PACKAGE', 'VERSION', 'RUNS', 'SETUP', 'STATE'];
  const rows = lines.map((line) => [
    line.name,
    line.package,
    line.version,
    line.activation,
    line.setup,
    line.state ?? '-',
  ]);
  const [title = '', ...texts] = tableLines([head, ...rows]);
  print(title);
  lines.forEach((line, at) => {
    print(texts[at] ?? '');
    print(`  emits ${line.event_types.join(', ')}`);
    if (line.detail !== '') print(`  ${line.detail}`);
    if (line.remedy !== '') print(`  ${line.remedy}`);
    for (const secret of line.missing_secrets) {
      print(`  asks for the secret ${secret}: ${grantCommand(secret, gathered, line.name)}`);
    }
  });
}
