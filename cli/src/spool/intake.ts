/**
 * Takes the spool in: at the daemon's start, and whenever a file appears while it runs. A file goes
 * once its events are committed; one that is malformed is set aside in `rejected/` with the reason.
 */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  statSync,
  unlinkSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import type { KernelLog } from '@waitbus/kernel';
import { MalformedSpool, readEvents } from './read-events.js';
import { UNFINISHED_PREFIX } from './spool.js';

export interface IntakeOptions {
  readonly directory: string;
  readonly publish: (events: readonly unknown[]) => Promise<unknown>;
  readonly log: KernelLog;
}

export class SpoolIntake {
  readonly #options: IntakeOptions;
  #running: Promise<void> | null = null;
  #again = false;
  #stopped = false;
  #close: () => void = () => undefined;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** Takes in what is there, then watches. Resolves after the first pass. */
  async start(): Promise<void> {
    try {
      mkdirSync(this.#options.directory, { recursive: true, mode: 0o700 });
      this.#watch();
    } catch (error) {
      // A full disk: it is made once there is room.
      this.#options.log.error({ err: error }, 'the spool cannot be watched');
    }
    await this.run();
  }

  stop(): void {
    this.#stopped = true;
    this.#close();
  }

  #watch(): void {
    const { directory, log } = this.#options;
    this.#close();
    const watcher = watch(directory, () => void this.run());
    watcher.on('error', (error) => log.warn({ err: error }, 'the spool is not watched any more'));
    this.#close = () => watcher.close();
  }

  /** Somebody removed the spool. What holds it is not made anew: that may be gone on purpose. */
  #restore(): void {
    const { directory, log } = this.#options;
    if (!existsSync(dirname(directory))) return;
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      this.#watch();
      setImmediate(() => void this.run());
    } catch (error) {
      log.error({ err: error }, 'the spool is gone');
    }
  }

  /**
   * One pass over the directory; a call during a pass makes one more follow. Never rejects: a spool
   * that is gone, or on a full disk, must not end the daemon.
   */
  run(): Promise<void> {
    this.#again = true;
    this.#running ??= this.#passes()
      .catch((error: unknown) => {
        if (this.#stopped) return;
        this.#options.log.error({ err: error }, 'the spool could not be taken in');
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') this.#restore();
      })
      .finally(() => (this.#running = null));
    return this.#running;
  }

  async #passes(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      for (const file of this.#files()) await this.#take(file);
    }
  }

  /** An empty file is one that its producer has yet to write. */
  #files(): string[] {
    const { directory } = this.#options;
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(ndjson|json)$/.test(entry.name))
      .filter((entry) => !entry.name.startsWith(UNFINISHED_PREFIX))
      .map((entry) => join(directory, entry.name))
      .filter((file) => (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0)
      .sort();
  }

  /** Never rejects: what is wrong with one file is no matter of the next. */
  async #take(file: string): Promise<void> {
    const { publish, log } = this.#options;
    const name = basename(file);
    try {
      let count = 0;
      for await (const { events, isLast } of readEvents(file)) {
        if (this.#stopped) return;
        if (events.length > 0) await publish(events);
        count += events.length;
        if (!isLast) continue;
        unlinkSync(file);
        log.info({ file: name, events: count }, 'took in spooled events');
      }
    } catch (error) {
      if (error instanceof MalformedSpool) this.#reject(file, error.message);
      else if (error instanceof WaitbusError && !error.code.startsWith('WAITBUS_STORE')) {
        this.#reject(file, error.message);
      } else if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        // A file that cannot be read now, or a store that takes nothing now, may do so later.
        const { code = 'WAITBUS_INTERNAL', message } = error as NodeJS.ErrnoException;
        log.error({ file: name, code, reason: message }, 'spooled events could not be stored yet');
      }
    }
  }

  #reject(file: string, reason: string): void {
    const { log } = this.#options;
    try {
      const aside = this.#asideOf(basename(file));
      renameSync(file, aside);
      writeFileSync(`${aside}.reason`, `${reason}\n`, { mode: 0o600 });
      log.warn({ file: aside, reason }, 'a spooled file is malformed; set aside');
    } catch (error) {
      log.error({ err: error, file, reason }, 'a malformed spooled file could not be set aside');
    }
  }

  /** In `rejected/`; where something else has that name, beside it under a name that is not taken in. */
  #asideOf(name: string): string {
    const { directory } = this.#options;
    const rejected = join(directory, 'rejected');
    const there = lstatSync(rejected, { throwIfNoEntry: false });
    if (there === undefined) mkdirSync(rejected, { recursive: true, mode: 0o700 });
    else if (!there.isDirectory()) return join(directory, `${name}.rejected`);
    return join(rejected, name);
  }
}
