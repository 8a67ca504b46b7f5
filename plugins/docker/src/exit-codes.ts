/**
 * The code of an exit that its event may not tell: Docker lays a container's labels over what its
 * events say, and a label `exitCode` stands where the code was. Which containers have such a label is
 * learned from their other events and the engine's list; their codes are asked for.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { SourceLog } from '@waitbus/plugin-sdk';
import type { EngineApi } from './engine-api.js';
import type { EngineEvent } from './engine-event.js';
import { nextExit, type NextExit } from './next-exit.js';
import { exitOf, parseRecord, type ContainerRecord, type Listed } from './records.js';

/** Containers whose labels are remembered; those of others are asked for. */
const MOST_KNOWN = 8192;

/** Requests that are open at once, one for each running container with such a label. */
const MOST_ASKED = 64;

/** An engine that was asked in advance answers with the exit itself. */
const PATIENCE_MS = 2000;

export interface ExitCodesOptions {
  readonly api: Pick<EngineApi, 'inspect' | 'nextExit'>;
  readonly log: SourceLog;
  /** From when on the stream tells, by the engine's clock. */
  readonly since: bigint;
}

/** Which of the names that an engine uses are labels of a container. */
interface Labels {
  readonly exitCode: boolean;
  readonly signal: boolean;
}

export class ExitCodes {
  readonly #options: ExitCodesOptions;
  readonly #labels = new Map<string, Labels>();
  readonly #asked = new Map<string, NextExit>();
  /** Of the containers with such a label: the last exit that the stream told of. */
  readonly #ended = new Map<string, bigint>();

  constructor(options: ExitCodesOptions) {
    this.#options = options;
  }

  /** From the engine's list, which has the labels. */
  list(containers: readonly Listed[]): void {
    for (const { id, labels, isRunning } of containers) {
      this.#know(id, labels);
      if (isRunning) this.#ask(id);
    }
  }

  /** What an event says beside those that have a code or a signal is labels. */
  learn({ container, action, attributes, isPodman }: EngineEvent): void {
    if (isPodman || action === 'die' || action === 'kill') return;
    this.#know(container, attributes);
    if (action === 'create' || action === 'start') this.#ask(container);
  }

  /** Without a signal that is a label. */
  checked(event: EngineEvent): EngineEvent {
    const isLabel = this.#labels.get(event.container)?.signal === true;
    return event.action === 'kill' && isLabel ? { ...event, signal: null } : event;
  }

  isDoubtful({ container, isPodman }: Pick<EngineEvent, 'container' | 'isPodman'>): boolean {
    return !isPodman && this.#labels.get(container)?.exitCode !== false;
  }

  /** @returns the code of a doubtful exit; null when nobody knows it any more */
  async of(event: EngineEvent): Promise<number | null> {
    const { container, time, attributes } = event;
    const asked = this.#asked.get(container);
    this.#asked.delete(container);
    const record = await this.#record(container);
    if (record !== null) this.#know(container, record.Config.Labels ?? {});
    // Of one that is gone and did nothing else, nothing says that the code is a label.
    const isLabel = this.#labels.get(container)?.exitCode === true;
    if (!isLabel) return event.exitCode;
    const seen = record === null ? null : exitOf(record);
    const inspected = seen !== null && seen.time <= time ? seen.code : null;
    const code = inspected ?? (await answered(asked));
    asked?.close();
    this.#ended.set(container, time);
    limit(this.#ended, MOST_KNOWN);
    if (record?.State.Running === true) this.#ask(container);
    if (code === null) {
      const name = attributes['name'] ?? container;
      this.#options.log.warn(`the exit code of ${name} is hidden by its label exitCode`);
    }
    return code;
  }

  async #record(container: string): Promise<ContainerRecord | null> {
    try {
      return parseRecord(await this.#options.api.inspect(container));
    } catch {
      return null;
    }
  }

  #know(container: string, labels: Readonly<Record<string, string>>): void {
    this.#labels.set(container, { exitCode: 'exitCode' in labels, signal: 'signal' in labels });
    limit(this.#labels, MOST_KNOWN);
  }

  #ask(container: string): void {
    if (this.#labels.get(container)?.exitCode !== true || this.#asked.has(container)) return;
    const { api, since } = this.#options;
    this.#asked.set(container, nextExit(api, container, this.#ended.get(container) ?? since));
    limit(this.#asked, MOST_ASKED)?.close();
  }
}

async function answered(asked: NextExit | undefined): Promise<number | null> {
  if (asked === undefined) return null;
  return Promise.race([asked.code, pause(PATIENCE_MS, null, { ref: false })]);
}

/** @returns what was left out: the oldest */
function limit<T>(map: Map<string, T>, most: number): T | undefined {
  const [oldest] = map;
  if (map.size <= most || oldest === undefined) return undefined;
  map.delete(oldest[0]);
  return oldest[1];
}
