/**
 * What an API server of Kubernetes holds, for tests: pods and jobs, each change with its version, and
 * how far back changes are remembered. Speaks no HTTP.
 */
import { randomUUID } from 'node:crypto';

export type Resource = 'pods' | 'jobs';

export interface KubernetesObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly [key: string]: unknown;
  };
  readonly [key: string]: unknown;
}

/** What a test says of an object; the rest is filled in. */
export interface Written {
  readonly metadata: { readonly name: string; readonly [key: string]: unknown };
  readonly [key: string]: unknown;
}

export interface Change {
  readonly version: number;
  readonly resource: Resource;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: KubernetesObject;
}

export const KINDS = {
  pods: { apiVersion: 'v1', kind: 'Pod' },
  jobs: { apiVersion: 'batch/v1', kind: 'Job' },
} as const;

export class ClusterLog {
  readonly #objects = new Map<string, Change>();
  readonly #published: (change: Change) => void;
  #changes: Change[] = [];
  #version = 100;
  /** The newest version from which a watch can no longer start. */
  #forgotten = 0;

  constructor(published: (change: Change) => void) {
    this.#published = published;
  }

  get version(): number {
    return this.#version;
  }

  get forgotten(): number {
    return this.#forgotten;
  }

  /** Creates or changes an object. */
  put(resource: Resource, written: Written): KubernetesObject {
    const namespace = (written.metadata['namespace'] as string | undefined) ?? 'default';
    const key = `${resource}/${namespace}/${written.metadata.name}`;
    const before = this.#objects.get(key);
    const version = this.advance();
    const object = {
      ...KINDS[resource],
      ...written,
      metadata: {
        uid: before?.object.metadata.uid ?? randomUUID(),
        ...written.metadata,
        namespace,
        resourceVersion: String(version),
      },
    };
    const type = before === undefined ? 'ADDED' : 'MODIFIED';
    this.#publish(key, { version, resource, type, object });
    return object;
  }

  /** Creates a job that succeeds, with its one pod. */
  run(job: Written): KubernetesObject {
    const created = this.put('jobs', { ...job, status: {} });
    const { name, namespace } = created.metadata;
    const owner = { kind: 'Job', name, controller: true };
    const metadata = { name: `${name}-${randomUUID().slice(0, 5)}`, namespace };
    for (const phase of ['Pending', 'Running', 'Succeeded']) {
      this.put('pods', { metadata: { ...metadata, ownerReferences: [owner] }, status: { phase } });
    }
    const conditions = [{ type: 'Complete', status: 'True' }];
    return this.put('jobs', { ...job, status: { conditions, succeeded: 1 } });
  }

  remove(resource: Resource, name: string, namespace = 'default'): void {
    const key = `${resource}/${namespace}/${name}`;
    const before = this.#objects.get(key);
    if (before === undefined) throw new Error(`there is no ${key}`);
    const version = this.advance();
    const metadata = { ...before.object.metadata, resourceVersion: String(version) };
    this.#publish(key, {
      version,
      resource,
      type: 'DELETED',
      object: { ...before.object, metadata },
    });
    this.#objects.delete(key);
  }

  /** The version moves on without a change that anybody sees here, as it does in a busy cluster. */
  advance(): number {
    this.#version += 1;
    return this.#version;
  }

  /** Forgets all changes so far. */
  forget(): void {
    this.#forgotten = this.#version;
    this.#changes = [];
    this.advance();
  }

  list(resource: Resource, namespace: string | null): KubernetesObject[] {
    const there = [...this.#objects.values()].filter((change) =>
      isAbout(change, resource, namespace),
    );
    return there.map(({ object }) => object);
  }

  since(version: number, resource: Resource, namespace: string | null): Change[] {
    return this.#changes.filter(
      (change) => change.version > version && isAbout(change, resource, namespace),
    );
  }

  #publish(key: string, change: Change): void {
    this.#objects.set(key, change);
    this.#changes.push(change);
    this.#published(change);
  }
}

/** @param namespace null for all */
export function isAbout(change: Change, resource: Resource, namespace: string | null): boolean {
  if (change.resource !== resource) return false;
  return namespace === null || change.object.metadata.namespace === namespace;
}
