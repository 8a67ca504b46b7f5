/** Starts real harnesses in a sandbox: each with a home of its own, a model of its own, and our hooks. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { harnessOf } from 'waitbus-source-agent/harnesses';
import type { Running, Sandbox } from '../support/sandbox.js';
import { applyPlan } from './apply-plan.js';
import { cacheDirectory, programOf } from './cache.js';
import { DRIVERS } from './drivers/index.js';
import type { Driver, Ground } from './drivers/driver.js';
import type { FakeModel } from './model/server.js';
import type { RealHarness } from './versions.js';

/** As `waitbus install` does it, with the waitbus of this tree. */
export const INSTALLED = 'installed';

export interface RealOptions {
  readonly prompt: string;
  /** Whose requests they are in the model's log; default: the harness's name. */
  readonly agent?: string;
  /** What is installed as waitbus; null: nothing is. */
  readonly command?: readonly string[] | typeof INSTALLED | null;
  /** Put before the command line, as `waitbus run --` is. */
  readonly under?: readonly string[];
}

export interface RealRun {
  readonly driver: Driver;
  readonly ground: Ground;
  readonly running: Running;
}

export async function startReal(
  sandbox: Sandbox,
  model: FakeModel,
  name: RealHarness,
  { prompt, agent = name, command = INSTALLED, under = [] }: RealOptions,
): Promise<RealRun> {
  const driver = DRIVERS[name];
  const ground: Ground = {
    home: join(sandbox.directory, `home-${agent}`),
    work: join(sandbox.directory, `work-${agent}`),
    model: model.urlFor(agent),
  };
  mkdirSync(ground.home, { recursive: true });
  mkdirSync(ground.work, { recursive: true });
  const env = {
    ...sandbox.env,
    HOME: ground.home,
    // opencode fetches its plugin package with npm: once for all homes.
    npm_config_cache: join(cacheDirectory(), 'npm'),
    ...driver.env(ground),
  };
  for (const [file, content] of Object.entries(driver.files(ground))) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  if (command === INSTALLED) await installed(sandbox, name, env);
  else if (command !== null) planned(ground, name, env, command);
  const program = programOf(name);
  if (program === null) throw new Error(`${name} is not in the cache`);
  const [first = program, ...rest] = [...under, program, ...driver.args(ground, prompt)];
  return { driver, ground, running: sandbox.start(first, rest, { cwd: ground.work, env }) };
}

async function installed(sandbox: Sandbox, name: RealHarness, env: NodeJS.ProcessEnv) {
  const { ended } = sandbox.waitbus(['install', name, '--user'], { env });
  const { code, stderr } = await ended;
  if (code !== 0) throw new Error(`install ${name} ended with ${code}: ${stderr}`);
}

function planned(
  { home, work: project }: Ground,
  name: RealHarness,
  env: NodeJS.ProcessEnv,
  command: readonly string[],
) {
  const harness = harnessOf(name);
  if (harness === null) throw new Error(`there is no plan for ${name}`);
  applyPlan(harness.plan({ scope: 'user', home, project, env, command }));
}
