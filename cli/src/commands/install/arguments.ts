/** The arguments of install and uninstall, and what they mean here. */
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import {
  HARNESS_NAMES,
  harnessOf,
  type Edit,
  type Harness,
  type Scope,
} from 'waitbus-source-agent/harnesses';
import { projectOf } from '../../harness/find-harnesses.js';
import { ownCommand, realpathOf, type OwnCommand } from '../../harness/own-command.js';
import { findInstallation } from '../../installation.js';
import { UsageError } from '../../terminal/exit.js';
import { workingDirectory } from '../../working-directory.js';

export interface Arguments {
  readonly harnesses: readonly Harness[];
  readonly all: boolean;
  /** null: the user's, or the project's where a harness has no other. */
  readonly scope: Scope | null;
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly replace: boolean;
}

/** @throws UsageError, WaitbusError WAITBUS_UNKNOWN_HARNESS */
export function parse(args: readonly string[]): Arguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    strict: true,
    allowPositionals: true,
    options: {
      all: { type: 'boolean' },
      user: { type: 'boolean' },
      project: { type: 'boolean' },
      'dry-run': { type: 'boolean' },
      json: { type: 'boolean' },
      replace: { type: 'boolean' },
    },
  });
  const { all = false, user = false, project = false } = values;
  if (user && project) throw new UsageError('--user and --project are two places: give one');
  if (all === positionals.length > 0) throw new UsageError('name a harness, or give --all');
  return {
    harnesses: [...new Set(positionals)].map(known),
    all,
    scope: user ? 'user' : project ? 'project' : null,
    dryRun: values['dry-run'] === true,
    json: values.json === true,
    replace: values.replace === true,
  };
}

function known(name: string): Harness {
  const harness = harnessOf(name);
  if (harness !== null) return harness;
  throw new WaitbusError(
    'WAITBUS_UNKNOWN_HARNESS',
    `there is no harness ${JSON.stringify(name)}`,
    `It is one of ${HARNESS_NAMES.join(', ')}.`,
  );
}

export interface Surroundings {
  readonly home: string;
  readonly project: string;
  readonly command: OwnCommand;
}

export function surroundings(): Surroundings {
  const command = commandBy(process.env['PATH'] ?? '');
  return { home: homedir(), project: projectOf(workingDirectory()), command };
}

/** Each argv that an installation of hooks by this waitbus may have written. */
export function everyCommand(): readonly (readonly string[])[] {
  return [commandBy('').argv, ['waitbus']];
}

function commandBy(path: string): OwnCommand {
  const script = join(findInstallation().packageRoot, 'dist', 'bin', 'waitbus.js');
  return ownCommand({
    path,
    node: process.execPath,
    script: realpathOf(script) ?? script,
    tmp: realpathOf(tmpdir()) ?? tmpdir(),
    realpath: realpathOf,
  });
}

export interface Plan {
  readonly scope: Scope;
  readonly edits: readonly Edit[];
}

/**
 * @param scope null: the first that is to be had
 * @throws UsageError when the harness has nothing to install there
 */
export function planOf(harness: Harness, scope: Scope | null, around: Surroundings): Plan {
  const { home, project, command } = around;
  const scopes: readonly Scope[] = scope === null ? ['user', 'project'] : [scope];
  for (const one of scopes) {
    const context = { scope: one, home, project, env: process.env, command: command.argv };
    const edits = harness.plan(context);
    if (edits.length > 0) return { scope: one, edits };
  }
  const other = scope === 'user' ? '--project' : '--user';
  throw new UsageError(`${harness.title} has nothing to install there; try ${other}`);
}
