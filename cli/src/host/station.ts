/**
 * One source's place in the host: what is installed under its name, what runs for it, and who is to
 * be told. It outlives a change or the removal of the package: those who are interested stay so.
 */
import { resolve } from 'node:path';
import type { Interest, SourceStateFrame } from '@waitbus/kernel';
import type { Waiter } from '@waitbus/plugin-sdk';
import type { InstalledSource } from './inventory.js';
import type { SourceCondition } from './supervision.js';
import type { Supervisor } from './supervisor.js';
import { waiterOf } from './waiter.js';

interface Guest {
  readonly interest: Interest;
  /** What the source is told of it; null when there is nothing that it could wait for. */
  readonly waiter: Waiter | null;
  /** The roots with its own among them. */
  generation: number;
  /** What it was told last. */
  told: string;
}

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
  readonly supervise: (source: InstalledSource) => Supervisor;
  readonly setting: Setting;
}

export class Station {
  readonly #supervise: (source: InstalledSource) => Supervisor;
  readonly #guests = new Set<Guest>();
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
    return !this.#installed && this.#guests.size === 0;
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
    const isWanted = this.isEnabled && (this.#guests.size > 0 || this.#runsAlways());
    if (!isWanted) this.#supervisor?.stop();
    this.#supervisor?.restart();
    if (isWanted) this.#want();
    this.#tellAll();
    return true;
  }

  /** Tells the state now and on every change, until the returned function is called. */
  join(interest: Interest): () => void {
    const waiter = waiterOf(interest, this.#source.name);
    const guest = { interest, waiter, generation: 0, told: '' };
    this.#guests.add(guest);
    this.#supervisor?.tryOnce();
    this.#want();
    guest.generation = this.#supervisor?.generation ?? 0;
    this.#tell(guest);
    return () => {
      this.#guests.delete(guest);
      if (this.#guests.size > 0 || this.#runsAlways()) this.#want();
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
      if (this.#guests.size > 0) this.#want();
      // Its generations begin anew.
      const { generation } = this.#supervisor;
      for (const guest of this.#guests) guest.generation = generation;
    } else if (!isSame || this.#isBroken()) {
      this.#supervisor.replace(source);
    }
    if (this.#guests.size > 0) this.#want();
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
    const supervisor = this.#supervise(this.#source);
    supervisor.onChange(() => {
      if (this.#supervisor === supervisor) this.#tellAll();
    });
    return supervisor;
  }

  #want(): void {
    if (!this.#installed || !this.isEnabled) return;
    this.#supervisor?.want(this.#roots(), this.#waiters());
  }

  #roots(): string[] {
    const roots = [...this.#guests].flatMap(({ interest: { cwd } }) =>
      cwd === null ? [] : [resolve(cwd)],
    );
    return [...new Set(roots)].sort();
  }

  #waiters(): Waiter[] {
    return [...this.#guests].flatMap(({ waiter }) => waiter ?? []);
  }

  #tellAll(): void {
    for (const guest of [...this.#guests]) this.#tell(guest);
  }

  #tell(guest: Guest): void {
    const frame = this.#frameFor(guest);
    const text = JSON.stringify(frame);
    if (text === guest.told) return;
    guest.told = text;
    guest.interest.tell(frame);
  }

  /** Running is not enough: a guest's own directory must be watched as well. */
  #frameFor({ generation }: Guest): SourceStateFrame {
    const { state, detail, remedy } = this.condition;
    const frame = { kind: 'source_state', source: this.#source.name } as const;
    // It does not come back by itself: whoever waits is to be told so.
    if (this.#installed && !this.isEnabled) return { ...frame, state: 'failed', detail, remedy };
    if (state === 'running' && this.#supervisor?.armed(generation) === false) {
      return { ...frame, state: 'starting', detail: '', remedy: '' };
    }
    return { ...frame, state, detail, remedy };
  }
}

function hasProcess({ manifest }: InstalledSource): boolean {
  return manifest.entry !== undefined;
}
