/**
 * Runs the checks over a package, those of the whole first, then those of each source, and reports.
 * Which checks there are stands here; what each does, in its own file.
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Manifest } from '../manifest/entry.js';
import { readManifest } from '../manifest/read.js';
import { WaitbusError } from '../envelope/index.js';
import type { Facts, SourceCheck } from './check.js';
import { backpressureCheck } from './checks/backpressure.js';
import { deliveryIdsCheck } from './checks/delivery-ids.js';
import { eventTypesCheck } from './checks/event-types.js';
import { importCheck } from './checks/import.js';
import { installCheck } from './checks/install.js';
import { permissionsCheck } from './checks/permissions.js';
import { restartCheck } from './checks/restart.js';
import { startCheck } from './checks/start.js';
import { stopCheck } from './checks/stop.js';
import { Failure } from './failure.js';
import { checkInstallScripts, checkTarball } from './package-checks.js';
import type { CheckId, CheckResult, Report } from './report.js';
import { loadScenario, type Scenario } from './scenario.js';
import { PATIENCE, type Patience, type Target } from './target.js';

export interface ConformanceOptions {
  /** The package, built. */
  readonly directory: string;
  /** Only these checks. Default: all. */
  readonly only?: readonly CheckId[];
  /** The waitbus command. Default: node_modules/.bin, then PATH. */
  readonly waitbus?: string;
  /** Default: process.env. */
  readonly env?: NodeJS.ProcessEnv;
  readonly patience?: Partial<Patience>;
  /** Called with each result as it is known. */
  readonly onResult?: (result: CheckResult) => void;
}

const SOURCE_CHECKS: readonly SourceCheck[] = [
  importCheck,
  startCheck,
  stopCheck,
  eventTypesCheck,
  deliveryIdsCheck,
  backpressureCheck,
  restartCheck,
  permissionsCheck,
  installCheck,
];

/** @throws the operating system's error when there is no package.json to read */
export async function checkConformance(options: ConformanceOptions): Promise<Report> {
  const directory = resolve(options.directory);
  const packageJson = readFileSync(join(directory, 'package.json'), 'utf8');
  const run = new CheckRun(options.only ?? null, options.onResult ?? (() => undefined));

  const { name, version } = JSON.parse(packageJson) as Record<string, unknown>;
  const manifest = manifestOf(packageJson);
  await run.check('manifest', null, 'the manifest is well formed', [], () => {
    if (manifest instanceof Failure) throw manifest;
  });
  await run.check('install-scripts', null, 'installing it runs no code', [], () =>
    checkInstallScripts(directory, packageJson),
  );
  const sentence = 'what npm would publish holds what the manifest names';
  await run.check('tarball', null, sentence, ['manifest'], async () => {
    if (manifest instanceof Failure) throw manifest;
    await checkTarball(directory, manifest);
  });
  if (!(manifest instanceof Failure)) await checkSources(run, options, directory, manifest);
  return run.report(String(name), String(version));
}

async function checkSources(
  run: CheckRun,
  options: ConformanceOptions,
  directory: string,
  manifest: Manifest,
): Promise<void> {
  let scenario: Scenario | Failure;
  try {
    scenario = await loadScenario(directory);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    scenario = error;
  }
  for (const [source, declared] of Object.entries(manifest.sources)) {
    const facts: Facts = { perRound: 1 };
    for (const { id, sentence, needs, skip, run: work } of SOURCE_CHECKS) {
      const exempt = skip(declared);
      if (exempt !== null) {
        run.skip(id, source, sentence, exempt);
        continue;
      }
      await run.check(id, source, sentence, needs, async () => {
        if (scenario instanceof Failure) throw scenario;
        const target: Target = {
          directory,
          manifest,
          source,
          declared,
          scenario,
          env: options.env ?? process.env,
          patience: { ...PATIENCE, ...options.patience },
          waitbus: options.waitbus ?? null,
        };
        await work(target, facts);
      });
    }
  }
}

/** With every problem, one a line, when it is malformed. */
function manifestOf(packageJson: string): Manifest | Failure {
  try {
    return readManifest(packageJson, 'package.json');
  } catch (error) {
    if (error instanceof WaitbusError) return new Failure(error.message);
    throw error;
  }
}

/** Collects results, and leaves out what a failure before makes meaningless. */
class CheckRun {
  readonly #only: readonly CheckId[] | null;
  readonly #onResult: (result: CheckResult) => void;
  readonly #results: CheckResult[] = [];

  constructor(only: readonly CheckId[] | null, onResult: (result: CheckResult) => void) {
    this.#only = only;
    this.#onResult = onResult;
  }

  failed(id: CheckId, source: string | null): boolean {
    return this.#results.some(
      (result) =>
        result.id === id &&
        (result.source === null || result.source === source) &&
        (result.status === 'failed' || result.status === 'blocked'),
    );
  }

  async check(
    id: CheckId,
    source: string | null,
    sentence: string,
    needs: readonly CheckId[],
    work: () => void | Promise<void>,
  ): Promise<void> {
    if (this.#only !== null && !this.#only.includes(id)) return;
    const broken = needs.find((need) => this.failed(need, source));
    const begin = performance.now();
    let status: CheckResult['status'] = 'ok';
    let reason = '';
    if (broken !== undefined) {
      status = 'blocked';
      reason = `not run: it needs ${broken}`;
    } else {
      try {
        await work();
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        status = 'failed';
        reason = error.message;
      }
    }
    const milliseconds = Math.round(performance.now() - begin);
    this.#add({ id, source, sentence, status, reason, milliseconds });
  }

  skip(id: CheckId, source: string, sentence: string, reason: string): void {
    if (this.#only !== null && !this.#only.includes(id)) return;
    this.#add({ id, source, sentence, status: 'skipped', reason, milliseconds: 0 });
  }

  report(name: string, version: string): Report {
    const ok = this.#results.every(({ status }) => status !== 'failed');
    return { package: name, version, ok, checks: this.#results };
  }

  #add(result: CheckResult): void {
    this.#results.push(result);
    this.#onResult(result);
  }
}
