/** The docker source in its real process beside a real engine, with what it committed. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SourceEvent } from '@waitbus/plugin-sdk';
import { readPinnedManifest } from '@waitbus/plugin-sdk/manifest';
import type { InstalledSource } from '../../cli/src/host/inventory.js';
import { REPO } from './sandbox.js';
import { Committed, SourceProcess } from './source-process.js';

export type Fields = Readonly<Record<string, string | number | boolean | undefined>>;

export class DockerStage {
  readonly directory = mkdtempSync(join(tmpdir(), 'waitbus-stage-'));
  readonly committed = new Committed();
  readonly #processes: SourceProcess[] = [];
  readonly #env: NodeJS.ProcessEnv;

  /** @param env what the daemon would have: `DOCKER_HOST` and the like */
  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env;
  }

  /** Starts a process of the source; each goes on where the one before stood. */
  begin(config: object = {}): SourceProcess {
    const started = new SourceProcess({
      source: docker(),
      stateDir: this.directory,
      env: { HOME: this.directory, ...this.#env },
      committed: this.committed,
      waiters: [{ cwd: this.directory, filters: [], anyOf: [[]] }],
      config,
    });
    this.#processes.push(started);
    return started;
  }

  /** As if so many milliseconds had gone by since the last process of the source ended. */
  age(milliseconds: number): void {
    const file = join(this.directory, 'state.json');
    const earlier = (_: string, key: string, time: string) =>
      `"${key}":${Number(time) - milliseconds}`;
    const text = readFileSync(file, 'utf8').replace(/"(alive|idle)":(\d+)/g, earlier);
    writeFileSync(file, text);
  }

  /** The fields of every event of a container, in order. */
  of(container: string): readonly Fields[] {
    const fields = this.committed.events.map(({ fields: one }: SourceEvent) => one as Fields);
    return fields.filter((one) => one['container'] === container);
  }

  /** Its exits only, as `code conclusion`. */
  exits(container: string): readonly string[] {
    const exits = this.of(container).filter(({ status }) => status === 'exited');
    return exits.map(({ exit_code: code, conclusion }) => `${code} ${conclusion}`);
  }

  story(container: string): readonly unknown[] {
    return this.of(container).map(({ status }) => status);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map((one) => one.kill()));
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** What the host would find. */
function docker(): InstalledSource {
  const directory = join(REPO, 'plugins', 'docker');
  const { packageName, version, sources } = readPinnedManifest(
    readFileSync(join(directory, 'package.json'), 'utf8'),
  );
  const manifest = sources['docker'];
  if (manifest === undefined) throw new Error('the package declares no source docker');
  const about = { name: 'docker', packageName, version, evidence: 'local' } as const;
  return { ...about, added: false, directory, readRoots: [REPO], manifest, quarantine: null };
}
