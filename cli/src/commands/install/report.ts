/** What an installation did, for people and for scripts. Diffs and JSON are data; the rest is on stderr. */
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import type { Harness, Scope } from 'waitbus-source-agent/harnesses';
import { unifiedDiff } from '../../harness/diff.js';
import type { Done } from '../../harness/installer.js';
import { EXIT, exitCodeOf, say, sayError } from '../../terminal/exit.js';
import { printText } from '../../terminal/print.js';

export type Verb = 'install' | 'uninstall';

export interface Result {
  readonly harness: Harness;
  readonly scope: Scope | null;
  /** What the hooks run. */
  readonly command: readonly string[];
  readonly warnings: readonly string[];
  readonly outcome: { readonly done: Done } | { readonly error: unknown };
}

const WHERE: Readonly<Record<Scope, string>> = {
  user: 'for all that you do',
  project: 'in this project',
};

export function sayResult(verb: Verb, result: Result, dryRun: boolean): void {
  const { harness, scope, outcome, warnings } = result;
  if ('error' in outcome) {
    sayError(outcome.error, `${verb} ${harness.name}`);
    return;
  }
  const { changes, backups, left } = outcome.done;
  for (const change of changes) printText(unifiedDiff(change));
  const what = stateOf(verb, outcome.done, dryRun).replaceAll('_', ' ');
  say(`${harness.title}: ${what}${scope === null ? '' : ` ${WHERE[scope]}`}`);
  for (const error of left) sayError(error, `${verb} ${harness.name}`);
  if (verb === 'uninstall') return;
  if (backups !== null && !dryRun && changes.length > 0) say(`  backup: ${backups}`);
  for (const warning of warnings) say(`  warning: ${warning}`);
  for (const note of harness.notes) say(`  note: ${note}`);
  if (changes.length > 0 && !dryRun) say(`  undo: waitbus uninstall ${harness.name} --${scope}`);
}

export function printResults(verb: Verb, results: readonly Result[], dryRun: boolean): void {
  const said = results.map(({ harness, scope, command, warnings, outcome }) => {
    const common = { harness: harness.name, scope };
    if ('error' in outcome) return { ...common, state: 'failed', error: errorOf(outcome.error) };
    const { changes, backups, left } = outcome.done;
    return {
      ...common,
      state: stateOf(verb, outcome.done, dryRun),
      files: changes.map(({ file, before, after }) => ({
        file,
        change: before === null ? 'created' : after === null ? 'removed' : 'changed',
      })),
      diff: changes.map(unifiedDiff).join(''),
      left: left.map(errorOf),
      ...(verb === 'install' ? { command, backups, warnings, notes: harness.notes } : {}),
    };
  });
  printText(JSON.stringify({ ok: exitCode(results) === EXIT.ok, results: said }, null, 2));
}

/** The worst. */
export function exitCode(results: readonly Result[]): number {
  const codes = results.map(({ outcome }) => {
    if ('error' in outcome) return exitCodeOf(outcome.error);
    return outcome.done.left.length > 0 ? EXIT.failure : EXIT.ok;
  });
  return Math.max(EXIT.ok, ...codes);
}

function stateOf(verb: Verb, { changes }: Done, dryRun: boolean): string {
  if (changes.length === 0) return verb === 'install' ? 'already_installed' : 'not_installed';
  if (dryRun) return verb === 'install' ? 'would_be_installed' : 'would_be_uninstalled';
  return verb === 'install' ? 'installed' : 'uninstalled';
}

function errorOf(error: unknown) {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof WaitbusError)) return { message };
  return { code: error.code, message, remedy: error.remedy };
}
