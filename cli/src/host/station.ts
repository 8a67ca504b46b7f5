/**
 * One source's place in the host: what is installed under its name, what runs for it, and who is to
 * be told. It outlives a change or the removal of the package: those who are interested stay so.
 */
import { resolve } from 'node:path';
import type { Interest, SourceStateFrame } from '@waitbus/kernel';
import type { InstalledSource } from './inventory.js';
import { Subscriber } from './subscriber.js';
import type { Said, SourceCondition } from './supervision.js';
import type { Supervisor } from './supervisor.js';

const EMIT_ONLY: SourceCondition = {
  state: 'running',
  detail: 'emit-only: other programs emit under this name',
  remedy: '',
};

/** What the configuration says of a source. */
export interface Setting {
  /** Its own section; undefined when there is none. */
  readonly section: unknown;
  readonly isDisabled: boolean;
}

export interface StationOptions {
  readonly supervise: (source: InstalledSource, onSaid: (said: Said) => void) => Supervisor;
  readonly setting: Setting;
}

export class Station {
  readonly #supervise: StationOptions['supervise'];
  readonly #subscribers = new Map<number, Subscriber>();

  #source: InstalledSource;
  #setting: Setting;
  #installed = true;
  /** null without a process: emit-only. */
  #supervisor: Supervisor | null;

  constructor(source: InstalledSource, { supervise, setting }: StationOptions) {
    this.#supervise = supervise;
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
    const { name, packageName, quarantine } = this.#source;
    if (!this.#installed) {
      const remedy = `waitbus plugin add ${packageName}`;
      return { state: 'failed', detail: `source ${name} was removed`, remedy };
    }
    if (!this.isEnabled) {
      const remedy = `waitbus source enable ${name}`;
      return { state: 'stopped', detail: 'it is disabled in the configuration', remedy };
    }
    if (this.#supervisor !== null) return this.#supervisor.condition;
    if (quarantine !== null) {
      return { state: 'quarantined', detail: quarantine.reason, remedy: quarantine.remedy };
    }
    return EMIT_ONLY;
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
    for (const subscriber of [...this.#subscribers.values()]) {
      // Another run looks at it anew.
      if (this.condition.state !== 'running') subscriber.checked = false;
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
    return { ...frame, state, detail, remedy };
  }
}

function hasProcess({ manifest }: InstalledSource): boolean {
  return manifest.entry !== undefined;
}
