/** `waitbus plugin list`: every plugin, how it is, and what it may do. */
import { parseArgs } from 'node:util';
import { namesByEnforcement } from '@waitbus/plugin-sdk/permissions';
import { askDaemon } from '../../client/ask-daemon.js';
import { describeMeans, landlockHere, meansHere } from '../../host/limits.js';
import type { SourceStatus } from '../../host/status.js';
import { takeInventory, verifyAgain, type InstalledSource } from '../../host/inventory.js';
import { findInstallation } from '../../installation.js';
import { resolvePaths } from '../../paths.js';
import { PLUGIN_EXIT } from '../../plugins/exit-codes.js';
import { sizeText } from '../../plugins/view.js';
import { print, say } from '../../terminal/exit.js';
import { printText } from '../../terminal/print.js';
import { tableLines } from '../../terminal/table.js';
import { COMMON, lockfileOf } from './context.js';

export const help = `usage: waitbus plugin list [--json] [--lockfile PATH]

Shows every plugin with its sources, state, process, memory and evidence, and which of its
capabilities are enforced here and which are only declared, and by what. Compares every byte with the pins.

example
  waitbus plugin list`;

/** A source, as a running daemon says or as it would say. */
interface Line extends Omit<
  SourceStatus,
  'name' | 'package' | 'slowed' | 'enabled' | 'configured'
> {
  readonly plugin: string;
  readonly source: string;
}

export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    strict: true,
    options: { ...COMMON, json: { type: 'boolean' } },
  });
  const paths = resolvePaths();
  const installation = findInstallation();
  const where = { plugins: paths.plugins, lockfile: lockfileOf(values.lockfile, paths) };
  const { sources, problems } = await takeInventory(installation, where);
  const live = await liveSources(paths);
  const lines: Line[] = [];
  for (const source of sources.values()) {
    const quarantine = source.quarantine ?? (await verifyAgain(installation, where, source));
    lines.push(lineOf(source, quarantine, live.get(source.name)));
  }
  if (values.json === true) {
    const said = problems.map(({ code, message, remedy }) => ({ code, message, remedy }));
    const held = { node: process.versions.node, landlock_abi: landlockHere() };
    printText(JSON.stringify({ plugins: lines, problems: said, held_by: held }, null, 2));
    return PLUGIN_EXIT.ok;
  }
  printTable(lines);
  print(describeMeans(meansHere()));
  for (const { message, remedy } of problems) {
    say(message);
    say(`  ${remedy}`);
  }
  return PLUGIN_EXIT.ok;
}

async function liveSources(
  paths: ReturnType<typeof resolvePaths>,
): Promise<Map<string, SourceStatus>> {
  const status = await askDaemon(paths, { op: 'status' });
  const sources = (status?.['sources'] ?? []) as readonly SourceStatus[];
  return new Map(sources.map((source) => [source.name, source]));
}

function lineOf(
  source: InstalledSource,
  quarantine: { readonly reason: string; readonly remedy: string } | null,
  live: SourceStatus | undefined,
): Line {
  const { name, packageName, version, manifest, evidence } = source;
  const state =
    quarantine === null
      ? {
          state: live?.state ?? restingState(source),
          detail: live?.detail ?? '',
          remedy: live?.remedy ?? '',
        }
      : { state: 'quarantined' as const, detail: quarantine.reason, remedy: quarantine.remedy };
  return {
    plugin: packageName,
    version,
    source: name,
    activation: manifest.activation,
    evidence,
    ...state,
    pid: live?.pid ?? null,
    memory: live?.memory ?? null,
    events: live?.events ?? 0,
    last_event: live?.last_event ?? null,
    restarts: live?.restarts ?? 0,
    waits: live?.waits ?? [],
    ...(live === undefined ? heldTo(source) : { enforced: live.enforced, declared: live.declared }),
  };
}

function restingState({ manifest }: InstalledSource): 'emit-only' | 'stopped' {
  return manifest.activation === 'emit-only' ? 'emit-only' : 'stopped';
}

/** By this Node, as no daemon says by which it is run. */
function heldTo({ manifest }: InstalledSource): Pick<Line, 'enforced' | 'declared'> {
  if (manifest.entry === undefined) return { enforced: [], declared: [] };
  return namesByEnforcement(manifest.capabilities, meansHere());
}

function printTable(lines: readonly Line[]): void {
  const head = ['PLUGIN', 'VERSION', 'SOURCE', 'STATE', 'PID', 'MEMORY', 'EVIDENCE'];
  const rows = lines.map((line) => [
    line.plugin,
    line.version,
    line.source,
    line.state,
    line.pid === null ? '-' : String(line.pid),
    line.memory === null ? '-' : sizeText(line.memory),
    line.evidence,
  ]);
  const [title = '', ...texts] = tableLines([head, ...rows]);
  print(title);
  lines.forEach((line, at) => {
    print(texts[at] ?? '');
    if (line.detail !== '') print(`  ${line.detail}`);
    if (line.remedy !== '') print(`  ${line.remedy}`);
    if (line.enforced.length > 0) print(`  enforced: ${line.enforced.join(', ')}`);
    if (line.declared.length > 0) print(`  declared only: ${line.declared.join(', ')}`);
  });
}
