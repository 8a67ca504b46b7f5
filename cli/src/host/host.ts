/**
 * The source host: answers for sources on the kernel's behalf. Knows which are installed, runs those
 * that somebody is interested in, and tells each waiter how its sources are. Every source goes
 * through the same code; none is named here.
 */
import { resolve } from 'node:path';
import type { EmitResult, Interest, InterestGrant, SourceState } from '@waitbus/kernel';
import { all, compare, type Predicate } from '@waitbus/kernel/predicate';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { below } from '@waitbus/plugin-sdk/lockfile';
import { nearest } from '../config/suggest.js';
import type { ForkSource } from './child.js';
import type { Setting } from './condition.js';
import type { InstalledSource, Inventory, Quarantine } from './inventory.js';
import { impossibleOf } from './foretold.js';
import { notesOnAny } from './host-notes.js';
import { Reports, type SeenLately } from './reports.js';
import { Station } from './station.js';
import { statusOf, type SourceStatus } from './status.js';
import type { Patience, Said, SupervisorLog } from './supervision.js';
import { Supervisor } from './supervisor.js';
import { verdictsOf } from './verdicts.js';

export interface HostOptions {
  readonly inventory: Inventory;
  readonly fork: ForkSource;
  /** Holds a state directory a source. */
  readonly stateDir: string;
  /** Each source's own section of the configuration. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Sources that do not run. Default: none. */
  readonly disabled?: readonly string[];
  /** What the user granted a source, by name. Default: nothing. */
  readonly secretsFor?: (source: InstalledSource) => Readonly<Record<string, string>>;
  readonly publish: (events: readonly unknown[]) => Promise<readonly EmitResult[]>;
  readonly log: SupervisorLog;
  /** How long an on-demand source runs on after the last waiter, in milliseconds. */
  readonly lingerMs?: number;
  readonly patience?: Patience;
  /** Looks back in the log. Default: everything has been seen. */
  readonly seenLately?: SeenLately;
  /** Looks at a source again right before it is started. */
  readonly verify?: (source: InstalledSource) => Promise<Quarantine | null>;
}

/** What the configuration says of sources. */
export interface AboutSources {
  readonly sources: Readonly<Record<string, unknown>>;
  readonly disabled: readonly string[];
}

const LINGER_MS = 60_000;

export class SourceHost {
  readonly #options: HostOptions;
  readonly #stations = new Map<string, Station>();
  /** What of the last inventory could not be read, or claims what it may not have. */
  #problems: Inventory['problems'];
  #config: AboutSources;
  readonly #reports: Reports;
  #started = false;
  /** Subscribers are told apart by number. */
  #lastId = 0;

  constructor(options: HostOptions) {
    this.#options = options;
    this.#reports = new Reports(options.seenLately ?? (() => true));
    this.#problems = options.inventory.problems;
    this.#config = { sources: options.config, disabled: options.disabled ?? [] };
    for (const source of options.inventory.sources.values()) this.#add(source);
  }

  /** @throws WaitbusError when events may not be emitted under this name */
  checkSource(name: string): void {
    const station = this.#station(name);
    const { condition, isEnabled } = station;
    const { state, detail, remedy } = condition;
    if (!isEnabled) {
      throw new WaitbusError('WAITBUS_SOURCE_DISABLED', `source ${name} is disabled`, remedy);
    }
    if (state !== 'quarantined') {
      station.reported();
      return;
    }
    const message = `source ${name} is quarantined: ${detail}`;
    throw new WaitbusError('WAITBUS_PIN_MISMATCH', message, remedy);
  }

  /** Starts the sources that run whenever the daemon does. */
  start(): void {
    this.#started = true;
    for (const station of this.#stations.values()) station.start();
  }

  /** @throws WaitbusError WAITBUS_UNKNOWN_SOURCE */
  interest(interest: Interest): InterestGrant {
    const stations = interest.sources.map((name) => this.#station(name));
    const declared = stations.map(({ source }) => source);
    const releases: (() => void)[] = [];
    const id = ++this.#lastId;
    return {
      scopes: scopesOf(stations, interest.cwd),
      ...verdictsOf(declared, interest),
      impossible: () => {
        const installed = this.#installed().map(({ source }) => source);
        return impossibleOf(interest, declared, installed);
      },
      begin: () => {
        if (stations.length === 0) this.#noteOnAny(interest);
        for (const station of stations) releases.push(station.join(id, interest));
      },
      release: () => {
        for (const release of releases) release();
        this.#clear();
      },
    };
  }

  /** Whoever names no source may still have mistyped what every source has in another spelling. */
  #noteOnAny(interest: Interest): void {
    const manifests = this.#installed().map(
      ({ source: { name, manifest } }) => [name, manifest] as const,
    );
    for (const note of notesOnAny(interest, new Map(manifests))) interest.note(note);
  }

  list(): SourceStatus[] {
    return this.#installed().map((station) => statusOf(station));
  }

  /**
   * What is installed has changed: new sources appear, removed ones stop, changed ones are started
   * again if they are wanted. Who is interested already is told.
   */
  update({ sources, problems }: Inventory): void {
    this.#problems = problems;
    for (const [name, station] of this.#stations) if (!sources.has(name)) station.remove();
    for (const [name, source] of sources) {
      const station = this.#stations.get(name);
      if (station !== undefined) station.replace(source);
      else this.#add(source);
    }
    this.#clear();
  }

  /**
   * The configuration has changed: exactly those sources of which it says something else start
   * again, or stop. Who is interested already is told.
   * @returns their names
   */
  configure(config: AboutSources): string[] {
    this.#config = config;
    const changed = [...this.#stations.values()].filter((station) =>
      station.configure(this.#settingOf(station.source.name)),
    );
    return changed.map(({ source }) => source.name).sort();
  }

  /**
   * Forgets a source's failures and starts it again if anybody is interested.
   * @throws WaitbusError WAITBUS_UNKNOWN_SOURCE
   */
  restart(name: string): SourceState {
    const station = this.#station(name);
    station.supervisor?.restart();
    return station.condition.state;
  }

  stop(): void {
    for (const { supervisor } of this.#stations.values()) supervisor?.stop();
  }

  #add(source: InstalledSource): void {
    const station = new Station(source, {
      supervise: (one, onSaid) => this.#supervise(one, onSaid),
      setting: this.#settingOf(source.name),
      reports: this.#reports,
    });
    this.#stations.set(source.name, station);
    if (this.#started) station.start();
  }

  #settingOf(name: string): Setting {
    const { sources, disabled } = this.#config;
    // A key without a value is a section, too.
    const section = Object.hasOwn(sources, name) ? (sources[name] ?? {}) : undefined;
    return { section, isDisabled: disabled.includes(name) };
  }

  #supervise(source: InstalledSource, onSaid: (said: Said) => void): Supervisor {
    const { fork, stateDir, secretsFor, publish, log, lingerMs, patience, verify } = this.#options;
    return new Supervisor({
      source,
      onSaid,
      fork,
      stateDir: below(stateDir, source.name),
      config: () => this.#settingOf(source.name).section,
      publish: async (event) => (await publish([event]))[0] as EmitResult,
      log,
      lingerMs: lingerMs ?? LINGER_MS,
      secrets: (one) => secretsFor?.(one) ?? {},
      ...(verify === undefined ? {} : { verify }),
      ...(patience === undefined ? {} : { patience }),
    });
  }

  #installed(): Station[] {
    return [...this.#stations.values()].filter(({ isInstalled }) => isInstalled);
  }

  #station(name: string): Station {
    const station = this.#stations.get(name);
    if (station?.isInstalled === true) return station;
    const names = this.#installed().map(({ source }) => source.name);
    const meant = nearest(name, names);
    const there = meant === null ? '; there are' : `; did you mean ${meant}? There are`;
    const message = `source ${name} is not installed${there}: ${names.sort().join(', ')}`;
    // It may be pinned in a lock that cannot be read.
    const unread = this.#problems.find(({ code }) => code === 'WAITBUS_BAD_LOCKFILE');
    if (unread === undefined) throw new WaitbusError('WAITBUS_UNKNOWN_SOURCE', message);
    throw new WaitbusError(
      'WAITBUS_UNKNOWN_SOURCE',
      `${message}. Others may be pinned in ${unread.message}`,
      unread.remedy,
    );
  }

  /** Forgets removed sources that nobody waits for. */
  #clear(): void {
    for (const [name, { isVacant }] of this.#stations) if (isVacant) this.#stations.delete(name);
  }
}

/** A source with a scope concerns a subscriber with what lies under its directory only. */
function scopesOf(
  stations: readonly Station[],
  cwd: string | null,
): ReadonlyMap<string, Predicate> {
  const scopes = new Map<string, Predicate>();
  if (cwd === null) return scopes;
  const directory = resolve(cwd);
  const below = directory === '/' ? '/' : `${directory}/`;
  for (const { source } of stations) {
    const { scope } = source.manifest;
    if (scope !== undefined)
      scopes.set(source.name, all([compare('^=', ['fields', scope], below)]));
  }
  return scopes;
}
