/** The example source k8s beside a server that speaks the API of Kubernetes, in a temporary directory. */
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SourceEvent } from '@waitbus/plugin-sdk';
import { readPinnedManifest } from '@waitbus/plugin-sdk/manifest';
import type { InstalledSource } from '../../cli/src/host/inventory.js';
import type { Written } from '../support/cluster-log.js';
import { installOnce } from '../support/install-once.js';
import { REPO } from '../support/sandbox.js';
import { Committed, SourceProcess } from '../support/source-process.js';
import { WatchApi } from '../support/watch-api.js';

export const EXAMPLE = join(REPO, 'docs', 'examples', 'waitbus-source-k8s');

export class K8sStage {
  readonly directory: string;
  readonly home: string;
  readonly kubeconfig: string;
  readonly committed = new Committed();
  readonly #processes: SourceProcess[] = [];
  readonly #source: InstalledSource;

  private constructor(
    readonly api: WatchApi,
    installed: string,
  ) {
    this.directory = realpathSync(mkdtempSync(join(tmpdir(), 'waitbus-k8s-')));
    this.home = join(this.directory, 'home');
    this.kubeconfig = join(this.home, '.kube', 'config');
    mkdirSync(this.home);
    const copy = join(this.directory, 'package');
    cpSync(join(EXAMPLE, 'src'), join(copy, 'src'), { recursive: true });
    cpSync(join(EXAMPLE, 'package.json'), join(copy, 'package.json'));
    symlinkSync(join(installed, 'node_modules'), join(copy, 'node_modules'));
    this.#source = sourceAt(copy, installed);
    api.writeKubeconfig(this.kubeconfig);
  }

  static async open(): Promise<K8sStage> {
    const manifest = JSON.parse(readFileSync(join(EXAMPLE, 'package.json'), 'utf8')) as {
      dependencies: Readonly<Record<string, string>>;
    };
    const installed = await installOnce('waitbus-source-k8s', {
      dependencies: manifest.dependencies,
    });
    return new K8sStage(await WatchApi.start(), installed);
  }

  /** Starts a process of the source; each goes on where the one before stood. */
  begin(config: object = {}, env: NodeJS.ProcessEnv = {}): SourceProcess {
    const started = new SourceProcess({
      source: this.#source,
      stateDir: join(this.directory, 'state'),
      env: { HOME: this.home, ...env },
      committed: this.committed,
      config,
    });
    this.#processes.push(started);
    return started;
  }

  /** Starts one and resolves once it says that nothing is missed any more and both watches stand. */
  async watching(config: object = {}): Promise<SourceProcess> {
    const started = await this.begin(config).ready();
    await this.api.until(() => this.api.openWatches === 2);
    return started;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map((one) => one.kill()));
    await this.api[Symbol.asyncDispose]();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** What the host would find, were it installed and pinned. */
function sourceAt(directory: string, installed: string): InstalledSource {
  const { packageName, version, sources } = readPinnedManifest(
    readFileSync(join(directory, 'package.json'), 'utf8'),
  );
  const manifest = sources['k8s'];
  if (manifest === undefined) throw new Error('the example declares no source k8s');
  const readRoots = [directory, installed];
  const about = { name: 'k8s', packageName, version, evidence: 'local' } as const;
  return { ...about, added: true, directory, readRoots, manifest, quarantine: null };
}

/** What a test compares of the events that were committed. */
export const told = (stage: K8sStage) => stage.committed.events.map(gist);

/** The same of one event. */
function gist({ event_type, fields }: SourceEvent): string {
  const { pod, job, phase, conclusion } = fields as Record<string, string | undefined>;
  const name = event_type === 'pod_phase' ? pod : job;
  return [event_type, name, phase, conclusion].filter((part) => part !== undefined).join(' ');
}

export function pod(
  name: string,
  phase: string,
  more: Partial<Written> & { status?: object } = {},
) {
  return {
    ...more,
    metadata: { name, ...more.metadata },
    status: { phase, ...more.status },
  };
}

/** A pod whose container ended with a code. */
export function ended(name: string, exitCode: number, reason = 'Error') {
  const containerStatuses = [
    { name: 'main', restartCount: 0, state: { terminated: { exitCode, reason } } },
  ];
  return pod(name, exitCode === 0 ? 'Succeeded' : 'Failed', { status: { containerStatuses } });
}

/** A pod whose container waits and may be restarted later. */
export function stuck(name: string, phase: string, reason: string, restartCount = 0) {
  const lastState = restartCount === 0 ? {} : { terminated: { exitCode: 1, reason: 'Error' } };
  const containerStatuses = [
    { name: 'main', restartCount, state: { waiting: { reason } }, lastState },
  ];
  return pod(name, phase, { status: { containerStatuses } });
}

export function job(name: string, type?: 'Complete' | 'Failed', reason?: string) {
  const conditions = type === undefined ? [] : [{ type, status: 'True', reason }];
  return { metadata: { name }, status: { conditions } };
}
