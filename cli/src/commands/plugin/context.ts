/** What the subcommands of `waitbus plugin` have in common: the lock they mean, and how they ask. */
import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { asWaitbusError } from '@waitbus/plugin-sdk/envelope';
import { askDaemon } from '../../client/ask-daemon.js';
import { isPackageName } from '@waitbus/plugin-sdk/manifest';
import { enforcement } from '@waitbus/plugin-sdk/permissions';
import { meansHere } from '../../host/limits.js';
import { findInstallation } from '../../installation.js';
import { resolvePaths, type Paths } from '../../paths.js';
import type { AddOptions } from '../../plugins/add.js';
import type { Consent } from '../../plugins/admit.js';
import { gatherEvidence } from '../../plugins/evidence.js';
import { parseSpec, type Spec } from '../../plugins/spec.js';
import { viewOf } from '../../plugins/view.js';
import { askAtTerminal } from '../../terminal/ask.js';
import { say, UsageError } from '../../terminal/exit.js';
import { absolutePath, workingDirectory } from '../../working-directory.js';

export const COMMON = { lockfile: { type: 'string' } } as const;
/** Of the subcommands that pin. */
export const PINNING = {
  ...COMMON,
  yes: { type: 'boolean' },
  frozen: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

/** Where the lock is: `--lockfile`, else WAITBUS_LOCKFILE, else the user's. */
export function lockfileOf(option: string | undefined, paths: Paths): string {
  return option ? resolve(option) : paths.lockfile;
}

/**
 * For commands that check what a repository committed: its lock in the working directory, if it has
 * one and none is named.
 */
export function committedLockfile(option: string | undefined, paths: Paths): string {
  const here = absolutePath('plugins.lock.json');
  const named = Boolean(option || process.env['WAITBUS_LOCKFILE']);
  // In waitbus's own source tree it pins what comes with waitbus, which npm run lock:check checks.
  const isOurs = here === findInstallation().lockfile;
  return named || isOurs || !existsSync(here) ? lockfileOf(option, paths) : here;
}

export function specOf(text: string): Spec {
  return parseSpec(text, workingDirectory(), (path) => {
    const found = statSync(path, { throwIfNoEntry: false });
    return found === undefined ? null : found.isDirectory();
  });
}

/** The one word that a subcommand takes. @throws UsageError for none or several */
export function onlyWord(positionals: readonly string[], what: string): string {
  const [word, ...rest] = positionals;
  if (word === undefined || rest.length > 0) throw new UsageError(`name ${what}`);
  return word;
}

/** @throws UsageError for a word that no package can have for its name */
export function packageWord(word: string): string {
  if (!isPackageName(word)) throw new UsageError(`${word} is no name of a package`);
  return word;
}

export interface Choices {
  readonly lockfile: string;
  readonly yes?: boolean;
  readonly frozen?: boolean;
  readonly replacePublisher?: boolean;
}

/** Where the keys of sigstore are kept from one time to the next. */
export function sigstoreCache({ stateDir }: Paths): string {
  return join(stateDir, 'sigstore');
}

export function addOptions(choices: Choices): AddOptions {
  const { lockfile, yes = false, frozen = false, replacePublisher = false } = choices;
  const consent: Consent = {
    yes,
    frozen,
    replacePublisher,
    show: (lines) => lines.forEach(say),
    ask: askAtTerminal,
  };
  const paths = resolvePaths();
  return {
    paths,
    lockfile,
    versions: { waitbus: findInstallation().version, node: process.version },
    consent,
    evidence: gatherEvidence(sigstoreCache(paths)),
    view: (candidate) => {
      const held = enforcement(candidate.pin.capabilities, meansHere());
      return viewOf(candidate, held);
    },
    progress: say,
  };
}

/** A running daemon takes the change up at once; another learns of it when it starts. */
export async function changed(paths: Paths): Promise<void> {
  try {
    await askDaemon(paths, { op: 'plugins_changed' });
  } catch (error) {
    // What was done is done; a daemon of an older waitbus learns of it when it starts again.
    say(`the running daemon did not take the change up: ${asWaitbusError(error).message}`);
    say('  waitbus stop ends it, and the next command starts one that knows');
  }
}
