/** Starts real harnesses in a sandbox: each with a home of its own, a model of its own, and our hooks. */
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { harnessOf } from 'waitbus-source-agent/harnesses';
import type { Running, Sandbox } from '../support/sandbox.js';
import { applyPlan } from './apply-plan.js';
import { cacheDirectory, opencodePlugin, programOf } from './cache.js';
import { DRIVERS } from './drivers/index.js';
import type { Driver, Ground } from './drivers/driver.js';
import type { FakeModel } from './model/server.js';
import { quote } from './quote.js';
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
  /** How the harness is run; default: with a prompt, to its end, without a terminal. */
  readonly driver?: Driver;
  /** It is given a terminal, by the system's program `script`. */
  readonly atTerminal?: boolean;
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
  options: RealOptions,
): Promise<RealRun> {
  const { prompt, agent = name, command = INSTALLED, under = [], driver = DRIVERS[name] } = options;
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
  if (name === 'opencode') layPlugin(ground);
  if (command === INSTALLED) await installed(sandbox, name, env);
  else if (command !== null) planned(ground, name, env, command);
  const program = programOf(name);
  if (program === null) throw new Error(`${name} is not in the cache`);
  const words = [...under, program, ...driver.args(ground, prompt)];
  const [first = program, ...rest] = options.atTerminal === true ? terminal(words) : words;
  const stdin = options.atTerminal === true ? 'pipe' : 'ignore';
  const running = sandbox.start(first, rest, {
    cwd: ground.work,
    env,
    stdio: [stdin, 'pipe', 'pipe'],
  });
  return { driver, ground, running };
}

function terminal(words: readonly string[]): string[] {
  const line = `stty cols 120 rows 40; exec ${words.map(quote).join(' ')}`;
  return ['script', '--quiet', '--flush', '--return', '--command', line, '/dev/null'];
}

/** Without it opencode fetches 65 MB into each new home before it begins. */
function layPlugin({ home }: Ground): void {
  const from = opencodePlugin();
  if (from === null) return;
  const to = join(home, '.config', 'opencode');
  mkdirSync(to, { recursive: true });
  for (const file of ['package.json', 'package-lock.json'])
    cpSync(join(from, file), join(to, file));
  symlinkSync(join(from, 'node_modules'), join(to, 'node_modules'));
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
