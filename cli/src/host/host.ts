/**
 * The source host: answers for sources on the kernel's behalf. Knows which are installed, runs those
 * that somebody is interested in, and tells each waiter how its sources are. Every source goes
 * through the same code; none is named here.
 */
import { join, resolve } from 'node:path';
import type {
  EmitResult,
  Interest,
  InterestGrant,
  SourceState,
  SourceStateFrame,
} from '@waitbus/kernel';
import { all, compare, type Predicate } from '@waitbus/kernel/predicate';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import type { ForkSource } from './child.js';
import type { InstalledSource, Inventory, Quarantine } from './inventory.js';
import type { Patience, SupervisorLog } from './supervision.js';
import { Supervisor } from './supervisor.js';

export interface HostOptions {
  readonly inventory: Inventory;
  readonly fork: ForkSource;
  /** Holds a state directory a source. */
  readonly stateDir: string;
  /** Each source's own section of the configuration. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly publish: (events: readonly unknown[]) => Promise<readonly EmitResult[]>;
  readonly log: SupervisorLog;
  /** How long an on-demand source runs on after the last waiter, in milliseconds. */
  readonly lingerMs?: number;
  readonly patience?: Patience;
  /** Looks at a source again right before it is started. */
  readonly verify?: (source: InstalledSource) => Promise<Quarantine | null>;
}

/** What `status` says of a source. */
export interface SourceStatus {
  readonly name: string;
  readonly package: string;
  readonly version: string;
  readonly activation: string;
  readonly state: SourceState;
  readonly detail: string;
  readonly remedy: string;
  readonly pid: number | null;
  readonly events: number;
}

const LINGER_MS = 60_000;

export class SourceHost {
  readonly #options: HostOptions;
  readonly #supervisors = new Map<string, Supervisor>();
  /** The interests on each source that has a process. */
  readonly #interests = new Map<Supervisor, Set<Interest>>();

  constructor(options: HostOptions) {
    this.#options = options;
    for (const source of options.inventory.sources.values()) {
      if (source.quarantine !== null || source.manifest.entry === undefined) continue;
      const supervisor = new Supervisor({
        source,
        fork: options.fork,
        stateDir: join(options.stateDir, source.name),
        config: options.config[source.name],
        publish: async (event) => (await options.publish([event]))[0] as EmitResult,
        log: options.log,
        lingerMs: options.lingerMs ?? LINGER_MS,
        verify: async () => (await options.verify?.(source)) ?? null,
        ...(options.patience === undefined ? {} : { patience: options.patience }),
      });
      this.#supervisors.set(source.name, supervisor);
      this.#interests.set(supervisor, new Set());
    }
  }

  /** @throws WaitbusError when events may not be emitted under this name */
  checkSource(name: string): void {
    const { quarantine } = this.#source(name);
    if (quarantine === null) return;
    throw new WaitbusError(
      'WAITBUS_PIN_MISMATCH',
      `source ${name} is quarantined: ${quarantine.reason}`,
      quarantine.remedy,
    );
  }

  /** Starts the sources that run whenever the daemon does. */
  start(): void {
    for (const [name, supervisor] of this.#supervisors) {
      if (this.#source(name).manifest.activation === 'always') supervisor.want([]);
    }
  }

  /** @throws WaitbusError WAITBUS_UNKNOWN_SOURCE */
  interest(interest: Interest): InterestGrant {
    const sources = interest.sources.map((name) => this.#source(name));
    const releases: (() => void)[] = [];
    return {
      scopes: scopesOf(sources, interest.cwd),
      begin: () => {
        for (const source of sources) releases.push(this.#begin(source, interest));
      },
      release: () => {
        for (const release of releases) release();
      },
    };
  }

  list(): SourceStatus[] {
    return [...this.#options.inventory.sources.values()].map((source) => {
      const supervisor = this.#supervisors.get(source.name);
      const { state, detail, remedy } = this.#condition(source);
      return {
        name: source.name,
        package: source.packageName,
        version: source.version,
        activation: source.manifest.activation,
        state,
        detail,
        remedy,
        pid: supervisor?.pid ?? null,
        events: supervisor?.eventCount ?? 0,
      };
    });
  }

  stop(): void {
    for (const supervisor of this.#supervisors.values()) supervisor.stop();
  }

  #source(name: string): InstalledSource {
    const { sources } = this.#options.inventory;
    const source = sources.get(name);
    if (source !== undefined) return source;
    const names = [...sources.keys()].sort().join(', ');
    throw new WaitbusError(
      'WAITBUS_UNKNOWN_SOURCE',
      `source ${name} is not installed; there are: ${names}`,
    );
  }

  /** Makes one interest known to one source, and tells it the state now and on every change. */
  #begin(source: InstalledSource, interest: Interest): () => void {
    const supervisor = this.#supervisors.get(source.name);
    if (supervisor === undefined) {
      interest.tell(frameOf(source.name, this.#condition(source)));
      return () => undefined;
    }
    const interests = this.#interests.get(supervisor) ?? new Set();
    interests.add(interest);
    supervisor.want(rootsOf(interests));
    const generation = supervisor.generation;
    let told = '';
    const tell = () => {
      const { condition } = supervisor;
      // Running is not enough: this waiter's own directory must be watched as well.
      const waits = condition.state === 'running' && !supervisor.armed(generation);
      const frame = frameOf(
        source.name,
        waits ? { state: 'starting', detail: '', remedy: '' } : condition,
      );
      const text = JSON.stringify(frame);
      if (text === told) return;
      told = text;
      interest.tell(frame);
    };
    const silence = supervisor.onChange(tell);
    tell();
    return () => {
      silence();
      interests.delete(interest);
      if (interests.size > 0) supervisor.want(rootsOf(interests));
      else if (source.manifest.activation === 'on-demand') supervisor.unwant();
    };
  }

  #condition(source: InstalledSource): { state: SourceState; detail: string; remedy: string } {
    if (source.quarantine !== null) {
      const { reason, remedy } = source.quarantine;
      return { state: 'quarantined', detail: reason, remedy };
    }
    const supervisor = this.#supervisors.get(source.name);
    if (supervisor !== undefined) return supervisor.condition;
    return {
      state: 'running',
      detail: 'emit-only: other programs emit under this name',
      remedy: '',
    };
  }
}

/** A source with a scope concerns a subscriber with what lies under its directory only. */
function scopesOf(
  sources: readonly InstalledSource[],
  cwd: string | null,
): ReadonlyMap<string, Predicate> {
  const scopes = new Map<string, Predicate>();
  if (cwd === null) return scopes;
  const directory = resolve(cwd);
  const below = directory === '/' ? '/' : `${directory}/`;
  for (const { name, manifest } of sources) {
    if (manifest.scope === undefined) continue;
    scopes.set(name, all([compare('^=', ['fields', manifest.scope], below)]));
  }
  return scopes;
}

function rootsOf(interests: ReadonlySet<Interest>): string[] {
  const roots = [...interests].flatMap(({ cwd }) => (cwd === null ? [] : [resolve(cwd)]));
  return [...new Set(roots)].sort();
}

function frameOf(
  source: string,
  condition: { state: SourceState; detail: string; remedy: string },
): SourceStateFrame {
  const { state, detail, remedy } = condition;
  return { kind: 'source_state', source, state, detail, remedy };
}
