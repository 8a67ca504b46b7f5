/**
 * One source's place in the host: what is installed under its name, what runs for it, and who is to
 * be told. It outlives a change or the removal of the package: those who are interested stay so.
 */
import { resolve } from 'node:path';
import type { Interest, SourceStateFrame } from '@waitbus/kernel';
import type { WaitNote } from '@waitbus/plugin-sdk';
import type { InstalledSource } from './inventory.js';
import { AtMostEvery } from './at-most-every.js';
import { conditionAgainst, emitOnlyCondition, type Setting } from './condition.js';
import { hostNotes } from './host-notes.js';
import type { Reports } from './reports.js';
import { shortNote, type WaitStatus } from './status.js';
import { Subscriber } from './subscriber.js';
import type { Said, SourceCondition } from './supervision.js';
import type { Supervisor } from './supervisor.js';

/** How often what is said of an emit-only source may change, in milliseconds. */
const RENEWED_EVERY_MS = 1000;

export interface StationOptions {
  readonly supervise: (source: InstalledSource, onSaid: (said: Said) => void) => Supervisor;
  readonly setting: Setting;
  /** Where programs have reported. */
  readonly reports: Reports;
}

export class Station {
  readonly #supervise: StationOptions['supervise'];
  readonly #reports: Reports;
  readonly #subscribers = new Map<number, Subscriber>();
  /** Asked in the turn at whose end the event is committed, so looked at in the one after that. */
  readonly #renew = new AtMostEvery(RENEWED_EVERY_MS, () =>
    setImmediate(() =>
      setImmediate(() => {
        this.#reports.forget();
        this.#noteAll();
      }),
    ),
  );
  #source: InstalledSource;
  #setting: Setting;
  #installed = true;
  /** As it was told last. */
  #isRunning = false;
  /** null without a process: emit-only. */
  #supervisor: Supervisor | null;

  constructor(source: InstalledSource, { supervise, setting, reports }: StationOptions) {
    this.#supervise = supervise;
    this.#reports = reports;
    this.#setting = setting;
    this.#source = source;
    this.#supervisor = hasProcess(source) ? this.#newSupervisor() : null;
  }

  get source(): InstalledSource {
    return this.#source;
  }

  get supervisor(): Supervisor | null {
    return this.#supervisor;
  }

  /** Whether nobody would miss it. */
  get isVacant(): boolean {
    return !this.#installed && this.#subscribers.size === 0;
  }

  get isInstalled(): boolean {
    return this.#installed;
  }

  get isEnabled(): boolean {
    return !this.#setting.isDisabled;
  }

  /** Whether the configuration has a section for it. */
  get isConfigured(): boolean {
    return this.#setting.section !== undefined;
  }

  get condition(): SourceCondition {
    const against = conditionAgainst(this.#source, this.#installed, this.#setting);
    return against ?? this.#supervisor?.condition ?? emitOnlyCondition(this.#source);
  }

  /** Who waits on it with something to hear: its directory, and why nothing can match. */
  get waits(): readonly WaitStatus[] {
    return [...this.#subscribers.values()]
      .filter(({ notes }) => notes.length > 0)
      .map(({ interest, notes }) => ({ cwd: interest.cwd, notes: notes.map(shortNote) }));
  }

  /** A source that runs whenever the daemon does, once it is configured. */
  start(): void {
    if (this.#runsAlways()) this.#want();
  }

  /** The configuration says something else of it: it starts again with that, or stops. */
  configure(setting: Setting): boolean {
    if (JSON.stringify(setting) === JSON.stringify(this.#setting)) return false;
    this.#setting = setting;
    const isWanted = this.isEnabled && (this.#subscribers.size > 0 || this.#runsAlways());
    if (!isWanted) this.#supervisor?.stop();
    this.#supervisor?.restart();
    if (isWanted) this.#want();
    this.#tellAll();
    return true;
  }

  /** Tells the state now and on every change, until the returned function is called. */
  join(id: number, interest: Interest): () => void {
    const { name, manifest } = this.#source;
    const variables = manifest.capabilities.env;
    const subscriber = new Subscriber({ id, source: name, interest, variables });
    this.#subscribers.set(id, subscriber);
    subscriber.setHostNotes(this.#hostNotes(interest));
    this.#supervisor?.tryOnce();
    if (subscriber.waiter !== null) this.#supervisor?.demand.addWaiter(subscriber.waiter);
    this.#want();
    subscriber.generation = this.#supervisor?.demand.generation ?? 0;
    this.#tell(subscriber);
    return () => {
      this.#subscribers.delete(id);
      this.#supervisor?.demand.removeWaiter(id);
      if (this.#subscribers.size > 0 || this.#runsAlways()) this.#want();
      else if (this.#installed) this.#supervisor?.unwant();
    };
  }

  /** The package is another now, or the same and worth another try. */
  replace(source: InstalledSource): void {
    const isSame = this.#installed && JSON.stringify(this.#source) === JSON.stringify(source);
    this.#source = source;
    this.#installed = true;
    this.#noteAll();
    if (!hasProcess(source)) {
      this.#supervisor?.stop();
      this.#supervisor = null;
    } else if (this.#supervisor === null) {
      this.#supervisor = this.#newSupervisor();
      for (const { waiter } of this.#subscribers.values()) {
        if (waiter !== null) this.#supervisor.demand.addWaiter(waiter);
      }
      if (this.#subscribers.size > 0) this.#want();
      // Its generations begin anew.
      const { generation } = this.#supervisor.demand;
      for (const subscriber of this.#subscribers.values()) subscriber.generation = generation;
    } else if (!isSame || this.#isBroken()) {
      this.#supervisor.replace(source);
    }
    if (this.#subscribers.size > 0) this.#want();
    this.start();
    this.#tellAll();
  }

  remove(): void {
    this.#installed = false;
    this.#supervisor?.stop();
    this.#tellAll();
  }

  #runsAlways(): boolean {
    const { activation } = this.#source.manifest;
    return activation === 'always' && this.isConfigured && this.isEnabled;
  }

  #isBroken(): boolean {
    const { state } = this.condition;
    return state === 'failed' || state === 'quarantined';
  }

  #newSupervisor(): Supervisor {
    const supervisor = this.#supervise(this.#source, (said) => this.#hear(said));
    supervisor.onChange(() => {
      if (this.#supervisor === supervisor) this.#tellAll();
    });
    return supervisor;
  }

  /** Something was emitted under its name: where nothing had reported, that may be over. */
  reported(): void {
    const { turnOn } = this.#source.manifest;
    if (turnOn !== undefined && this.#subscribers.size > 0) this.#renew.ask();
  }

  #noteAll(): void {
    for (const one of this.#subscribers.values()) one.setHostNotes(this.#hostNotes(one.interest));
  }

  /** By its manifest, and by the log where other programs are to report. */
  #hostNotes(interest: Interest): readonly WaitNote[] {
    return hostNotes(interest, this.#source, this.#reports);
  }

  /** The source says something to one of its waiters. */
  #hear(said: Said): void {
    const subscriber = this.#subscribers.get(said.id);
    if (subscriber === undefined) return;
    if (said.type === 'note') subscriber.note(said.note);
    else subscriber.check(said.notes);
    this.#tell(subscriber);
  }

  #want(): void {
    if (!this.#installed || !this.isEnabled) return;
    this.#supervisor?.want(this.#roots());
  }

  #roots(): string[] {
    const roots = [...this.#subscribers.values()].flatMap(({ interest: { cwd } }) =>
      cwd === null ? [] : [resolve(cwd)],
    );
    return [...new Set(roots)].sort();
  }

  #tellAll(): void {
    const isRunning = this.condition.state === 'running';
    const hasEnded = this.#isRunning && !isRunning;
    this.#isRunning = isRunning;
    for (const subscriber of [...this.#subscribers.values()]) {
      if (hasEnded) subscriber.runEnded();
      this.#tell(subscriber);
    }
  }

  #tell(subscriber: Subscriber): void {
    subscriber.tell(this.#frameFor(subscriber));
  }

  /** Running is not enough: its own directory must be watched, and what it asks for looked at. */
  #frameFor({ generation, checked, waiter }: Subscriber): SourceStateFrame {
    const { state, detail, remedy } = this.condition;
    const frame = { kind: 'source_state', source: this.#source.name } as const;
    // It does not come back by itself: whoever waits is to be told so.
    if (this.#installed && !this.isEnabled) return { ...frame, state: 'failed', detail, remedy };
    const isSeen = waiter === null || checked || this.#supervisor === null;
    const isArmed = this.#supervisor?.armed(generation) ?? true;
    if (state === 'running' && !(isArmed && isSeen)) {
      return { ...frame, state: 'starting', detail: '', remedy: '' };
    }
    const emitOnly = this.#supervisor === null ? ({ emit_only: true } as const) : {};
    return { ...frame, state, detail, remedy, ...emitOnly };
  }
}

function hasProcess({ manifest }: InstalledSource): boolean {
  return manifest.entry !== undefined;
}
