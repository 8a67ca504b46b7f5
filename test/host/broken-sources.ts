/** A supervisor with a real forked source of `test/fixtures/sources`, and what it told. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SourceEvent } from '@waitbus/plugin-sdk';
import { NO_CAPABILITIES, type Capabilities } from '@waitbus/plugin-sdk/manifest';
import { forkWith } from '../../cli/src/host/child.js';
import type { InstalledSource, Quarantine } from '../../cli/src/host/inventory.js';
import { PATIENCE, type Patience, type SourceCondition } from '../../cli/src/host/supervision.js';
import { Supervisor } from '../../cli/src/host/supervisor.js';
import { REPO } from '../support/sandbox.js';
import { Checks } from '../support/checks.js';

const FIXTURES = fileURLToPath(new URL('../fixtures/sources', import.meta.url));
export const RUNNER = join(REPO, 'cli', 'dist', 'bin', 'source-runner.js');
/** Those that do what they should. */
const GOOD: ReadonlySet<string> = new Set([
  'good',
  'environment',
  'large-events',
  'tells-waiters',
  'checks-waits',
  'tries',
  'attacks',
  'attacks-natively',
]);
export const ULID = '0'.repeat(26);

/** Deadlines and pauses that a test can wait for. */
export const HASTY: Patience = { ...PATIENCE, backoff: (failures) => (failures >= 5 ? null : 1) };

export interface StageOptions {
  readonly config?: unknown;
  readonly stateDir?: string;
  readonly capabilities?: Partial<Capabilities>;
  readonly verify?: () => Promise<Quarantine | null>;
  readonly secrets?: () => Readonly<Record<string, string>>;
}

export class Stage {
  readonly directory = realpathSync(mkdtempSync(join(tmpdir(), 'waitbus-host-')));
  readonly conditions: SourceCondition[] = [];
  readonly events: (SourceEvent & { source: string })[] = [];
  readonly logged: { readonly message: string; readonly details: object }[] = [];
  readonly supervisor: Supervisor;
  readonly #checks = new Checks();
  readonly #gone: Promise<void>[] = [];

  constructor(
    entry: string,
    patience: Patience = HASTY,
    env: NodeJS.ProcessEnv = {},
    { config, capabilities, verify, secrets, stateDir }: StageOptions = {},
  ) {
    const fork = forkWith(RUNNER, { PATH: process.env['PATH'], ...env });
    const log = (details: object, message: string) => {
      this.logged.push({ details, message });
      this.#checks.changed();
    };
    this.supervisor = new Supervisor({
      source: sourceOf(entry, capabilities),
      ...(verify === undefined ? {} : { verify }),
      ...(secrets === undefined ? {} : { secrets }),
      fork: (source, stateDir, events) => {
        let exited: () => void = () => undefined;
        this.#gone.push(new Promise((resolve) => (exited = resolve)));
        const onExit = (how: string) => {
          exited();
          events.onExit(how);
        };
        return fork(source, stateDir, { ...events, onExit });
      },
      stateDir: stateDir ?? join(this.directory, 'state'),
      config: () => config,
      publish: async (event) => {
        this.events.push(event);
        this.#checks.changed();
        return { event_id: ULID, inserted: true };
      },
      log: { debug: log, info: log, warn: log, error: log },
      lingerMs: 60_000,
      patience,
    });
    this.supervisor.onChange(() => {
      this.conditions.push(this.supervisor.condition);
      this.#checks.changed();
    });
  }

  /** Resolves once this holds; asked again whenever the source changes state, emits or logs. */
  until(holds: () => boolean): Promise<void> {
    return this.#checks.until(holds);
  }

  async state(state: SourceCondition['state']): Promise<SourceCondition> {
    await this.until(() => this.supervisor.condition.state === state);
    return this.supervisor.condition;
  }

  /** How often a process was started. */
  get starts(): number {
    return this.#gone.length;
  }

  /** Resolves when every process that was started is gone. */
  async gone(): Promise<void> {
    await Promise.all(this.#gone);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.supervisor.stop();
    await this.gone();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export function sourceOf(entry: string, capabilities: Partial<Capabilities> = {}): InstalledSource {
  return {
    name: GOOD.has(entry) ? 'good' : 'broken',
    packageName: 'waitbus-source-fixture',
    version: '1.0.0',
    directory: FIXTURES,
    manifest: {
      entry: `./${entry}.mjs`,
      activation: 'on-demand',
      eventTypes: ['declared'],
      capabilities: {
        ...NO_CAPABILITIES,
        env: ['GARBAGE', 'ALIVE_FIFO', 'DECLARED'],
        ...capabilities,
      },
    },
    added: true,
    readRoots: [FIXTURES],
    evidence: 'local',
    quarantine: null,
  };
}
