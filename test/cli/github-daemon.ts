/**
 * A kernel and a host on the socket of a sandbox, with a source `github` that only others emit for,
 * and that says to each waiter that deliveries tell of everything: what `--sha` makes of events is the
 * same, whoever observed them.
 */
import assert from 'node:assert/strict';
import { stringifyJson } from '@waitbus/plugin-sdk/envelope';
import { NO_CAPABILITIES } from '@waitbus/plugin-sdk/manifest';
import { SourceHost } from '../../cli/src/host/host.js';
import type { InstalledSource } from '../../cli/src/host/inventory.js';
import { openKernel, type Kernel } from '../../kernel/src/kernel.js';
import { SILENT } from '../support/kernel.js';
import { Sandbox, type Ended, type Running } from '../support/sandbox.js';

export const SHA = '7f3a1b2c9d0e4f5a6b7c8d9e0f1a2b3c4d5e6f70';

const GITHUB: InstalledSource = {
  name: 'github',
  packageName: 'waitbus-source-github',
  version: '1.0.0',
  directory: '/nowhere',
  manifest: {
    activation: 'emit-only',
    eventTypes: ['workflow_run', 'workflow_job'],
    capabilities: NO_CAPABILITIES,
  },
  added: false,
  readRoots: [],
  evidence: 'local',
  quarantine: null,
};

const HEARD = {
  kind: 'wait_note',
  source: 'github',
  code: 'round',
  level: 'info',
  detail: 'the webhook tells of the runs of this commit',
  remedy: '',
  data: { complete: true, from: 'webhook' },
} as const;

export class GithubDaemon implements AsyncDisposable {
  readonly box = new Sandbox({ WAITBUS_NO_AUTOSTART: '1' });
  readonly kernel: Kernel;

  private constructor() {
    const { stateDir, socket } = this.box.paths;
    this.kernel = openKernel({ paths: { store: `${stateDir}/events.db`, socket }, log: SILENT });
    const host = new SourceHost({
      inventory: { sources: new Map([['github', GITHUB]]), problems: [] },
      fork: () => assert.fail('it has no process'),
      stateDir,
      config: {},
      publish: this.kernel.publish,
      log: SILENT,
    });
    this.kernel.onInterest({
      checkSource: (name) => host.checkSource(name),
      interest: (interest) => {
        const grant = host.interest(interest);
        const begin = () => {
          grant.begin();
          interest.note(HEARD);
        };
        return { ...grant, begin };
      },
    });
  }

  static async start(): Promise<GithubDaemon> {
    const daemon = new GithubDaemon();
    await daemon.kernel.listen();
    return daemon;
  }

  /** Emits an event of a run with the command, and asserts that it was acknowledged. */
  async emit(fields: object, { repo = 'app', type = 'workflow_run' } = {}): Promise<void> {
    const event = {
      source: 'github',
      event_type: type,
      owner: 'acme',
      repo,
      fields: { head_sha: SHA, workflow_name: 'ci', run_id: 1, ...fields },
    };
    const ended = await this.box.run(['emit', '--json', stringifyJson(event)]);
    assert.equal(ended.code, 0, ended.stderr);
  }

  /** Without a time in which nothing more may come. */
  wait(sha: string, ...options: readonly string[]): Running {
    const args = ['wait', '--sha', sha, '--repo', 'acme/app', '--settle', '0', ...options];
    return this.box.waitbus(args);
  }

  /** What the log alone answers. */
  look(sha: string, ...options: readonly string[]): Promise<Ended> {
    return this.wait(sha, '--timeout', '0', ...options).ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kernel.close();
    await this.box[Symbol.asyncDispose]();
  }
}
