/** A sandbox whose daemon asks an API of the test for the runs of one repository. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ActionsApi, type Run } from './actions-api.js';
import { Sandbox, type Ended, type Running } from './sandbox.js';

export const REPO = 'acme/app';
export const SHA = '7f3a1b2c9d8e7f6a5b4c3d2e1f0a9b8c7d6e5f4a';
export const TOKEN = 'ghp_of-the-test';

/** What GitHub says of a run that changed so many seconds ago. */
export function runOf(id: number, name: string, how: string, secondsAgo = 3600): Run {
  const isOpen = ['queued', 'in_progress'].includes(how);
  return {
    id,
    name,
    path: `.github/workflows/${name.toLowerCase()}.yml`,
    event: 'push',
    head_sha: SHA,
    run_attempt: 1,
    status: isOpen ? how : 'completed',
    conclusion: isOpen ? null : how,
    updated_at: new Date(Date.now() - secondsAgo * 1000).toISOString(),
  };
}

export class GithubWorld implements AsyncDisposable {
  readonly api: ActionsApi;
  readonly box: Sandbox;

  private constructor(api: ActionsApi, env: NodeJS.ProcessEnv) {
    this.api = api;
    this.box = new Sandbox(env);
  }

  /** Its daemon has the token, unless the environment says another. */
  static async open(env: NodeJS.ProcessEnv = {}, github: object = {}): Promise<GithubWorld> {
    const api = await ActionsApi.start();
    api.runs.set(REPO, []);
    const world = new GithubWorld(api, {
      GITHUB_API_URL: api.url,
      GITHUB_TOKEN: TOKEN,
      ...env,
    });
    world.configure({ poll: { waitInterval: '1s' }, ...github });
    return world;
  }

  configure(github: object): void {
    const { configDir } = this.box.paths;
    mkdirSync(configDir, { recursive: true });
    writeFileSync(join(configDir, 'config.json'), JSON.stringify({ sources: { github } }));
  }

  put(...runs: readonly Run[]): void {
    for (const run of runs) this.api.put(REPO, run);
  }

  waiting(...args: readonly string[]): Running {
    return this.box.waitbus(['wait', '--repo', REPO, '--timeout', '1m', ...args]);
  }

  wait(...args: readonly string[]): Promise<Ended> {
    return this.waiting(...args).ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.box[Symbol.asyncDispose]();
    await this.api[Symbol.asyncDispose]();
  }
}
