/** Starts real harnesses in a sandbox: each with a home of its own, a model of its own, and our hooks. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { harnessOf } from 'waitbus-source-agent/harnesses';
import { WAITBUS, type Running, type Sandbox } from '../support/sandbox.js';
import { applyPlan } from './apply-plan.js';
import { cacheDirectory, programOf } from './cache.js';
import { DRIVERS } from './drivers/index.js';
import type { Driver, Ground } from './drivers/driver.js';
import type { FakeModel } from './model/server.js';
import type { RealHarness } from './versions.js';

/** The waitbus of this tree, as hooks and MCP clients start it. */
export const COMMAND = [process.execPath, WAITBUS];

export interface RealOptions {
  readonly prompt: string;
  /** Whose requests they are in the model's log; default: the harness's name. */
  readonly agent?: string;
  /** What is installed as waitbus; default that of this tree; null: nothing is. */
  readonly command?: readonly string[] | null;
  /** Put before the command line, as `waitbus run --` is. */
  readonly under?: readonly string[];
}

export interface RealRun {
  readonly driver: Driver;
  readonly ground: Ground;
  readonly running: Running;
}

export function startReal(
  sandbox: Sandbox,
  model: FakeModel,
  name: RealHarness,
  { prompt, agent = name, command = COMMAND, under = [] }: RealOptions,
): RealRun {
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
  const harness = harnessOf(name);
  if (command !== null && harness !== null) {
    const { home, work: project } = ground;
    applyPlan(harness.plan({ scope: 'user', home, project, env, command }));
  }
  const program = programOf(name);
  if (program === null) throw new Error(`${name} is not in the cache`);
  const [first = program, ...rest] = [...under, program, ...driver.args(ground, prompt)];
  return { driver, ground, running: sandbox.start(first, rest, { cwd: ground.work, env }) };
}
