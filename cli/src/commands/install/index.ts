/**
 * `waitbus install` and `waitbus uninstall`: put waitbus into coding agents' harnesses, and take it out.
 * They are a bundle of their own, so their errors are judged here.
 */
import { HARNESSES } from 'waitbus-source-agent/harnesses';
import { exclusively } from '../../harness/exclusively.js';
import { findHarnesses } from '../../harness/find-harnesses.js';
import { forget, install as doInstall, uninstall as undo } from '../../harness/installer.js';
import { Records, type InstallRecord } from '../../harness/record.js';
import { resolvePaths } from '../../paths.js';
import { EXIT, exitCodeOf, say, sayError } from '../../terminal/exit.js';
import { parse, planOf, surroundings, type Arguments, type Surroundings } from './arguments.js';
import { exitCode, printResults, sayResult, type Result, type Verb } from './report.js';

export function install(args: readonly string[]): Promise<number> {
  return judged('install', args, (given, records) => {
    const around = surroundings();
    const { home } = around;
    const path = process.env['PATH'] ?? '';
    const harnesses = given.all ? findHarnesses(home, path) : given.harnesses;
    if (harnesses.length === 0) say('waitbus install: found none of the harnesses that it knows');
    return harnesses.map((harness) => {
      const { warnings, argv: command } = around.command;
      const attempt = attempted(() => {
        const plan = planOf(harness, given.scope, around);
        const done = doInstall(
          { harness: harness.name, project: around.project, ...plan },
          { ...given, records },
        );
        return { scope: plan.scope, done };
      });
      return { harness, command, warnings, ...attempt };
    });
  });
}

export function uninstall(args: readonly string[]): Promise<number> {
  return judged('uninstall', args, (given, records) => {
    const around = surroundings();
    if (given.all) {
      const those = records.all().filter((record) => isMeant(record, given, around));
      if (those.length === 0) say('waitbus uninstall: nothing is installed');
      return those.map((record): Result => {
        const attempt = attempted(() => ({
          scope: record.scope,
          done: forget(record, records, given.dryRun),
        }));
        return { harness: HARNESSES[record.harness], command: [], warnings: [], ...attempt };
      });
    }
    return given.harnesses.map((harness): Result => {
      const attempt = attempted(() => {
        const plan = planOf(harness, given.scope, around);
        const done = undo(
          { harness: harness.name, project: around.project, ...plan },
          { ...given, records },
        );
        return { scope: plan.scope, done };
      });
      return { harness, command: [], warnings: [], ...attempt };
    });
  });
}

/** All that is installed, or that of the user, or of this project. */
function isMeant(record: InstallRecord, { scope }: Arguments, { project }: Surroundings): boolean {
  if (scope === null) return true;
  if (record.scope !== scope) return false;
  return scope === 'user' || `${record.place}/`.startsWith(`${project}/`);
}

async function judged(
  verb: Verb,
  args: readonly string[],
  work: (given: Arguments, records: Records) => Result[],
): Promise<number> {
  try {
    const given = parse(args);
    const { stateDir, runtimeDir } = resolvePaths();
    const results = await exclusively(runtimeDir, () => work(given, new Records(stateDir)));
    if (given.json) printResults(verb, results, given.dryRun);
    else for (const result of results) sayResult(verb, result, given.dryRun);
    if (verb === 'install' && results.length === 0) return EXIT.failure;
    return exitCode(results);
  } catch (error) {
    sayError(error, verb);
    return exitCodeOf(error);
  }
}

type Attempt = Pick<Result, 'scope' | 'outcome'>;

/** One harness's trouble is not another's. */
function attempted(
  work: () => { scope: NonNullable<Result['scope']>; done: ReturnType<typeof doInstall> },
): Attempt {
  try {
    const { scope, done } = work();
    return { scope, outcome: { done } };
  } catch (error) {
    return { scope: null, outcome: { error } };
  }
}
