/**
 * Takes the spool in: at the daemon's start, and whenever a file appears while it runs. A file goes
 * once its events are committed; one that is malformed is set aside in `rejected/` with the reason.
 */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { asWaitbusError, isObject, LIMITS, parseJson } from '@waitbus/plugin-sdk/envelope';
import type { KernelLog } from '@waitbus/kernel';
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

  async #take(file: string): Promise<void> {
    const { publish, log } = this.#options;
    try {
      const events = readEvents(file);
      for (let at = 0; at < events.length; at += LIMITS.eventsPerRequest) {
        await publish(events.slice(at, at + LIMITS.eventsPerRequest));
      }
      unlinkSync(file);
      log.info({ file: basename(file), events: events.length }, 'took in spooled events');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      const { code, message } = asWaitbusError(error);
      // A store that cannot take events now may take them later: the file stays where it is.
      if (code.startsWith('WAITBUS_STORE')) {
        log.error({ file: basename(file), code }, 'spooled events could not be stored yet');
        return;
      }
      this.#reject(file, message);
    }
  }

  #reject(file: string, reason: string): void {
    const directory = join(this.#options.directory, 'rejected');
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const aside = join(directory, basename(file));
    renameSync(file, aside);
    writeFileSync(`${aside}.reason`, `${reason}\n`, { mode: 0o600 });
    this.#options.log.warn({ file: aside, reason }, 'a spooled file is malformed; set aside');
  }
}

/**
 * The events of a file: one JSON object a line, or one object or list in all. Each gets a
 * delivery_id that follows from the file, so that a file taken in twice counts once.
 */
function readEvents(file: string): unknown[] {
  const text = readFileSync(file, 'utf8');
  const digest = createHash('sha256')
    .update(basename(file))
    .update(text)
    .digest('hex')
    .slice(0, 32);
  return parseEvents(text).map((event, index) =>
    isObject(event) ? { delivery_id: `spool:${digest}:${index}`, ...event } : event,
  );
}

function parseEvents(text: string): unknown[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  try {
    return lines.map(parseJson);
  } catch (error) {
    let whole: unknown;
    try {
      whole = parseJson(text);
    } catch {
      throw new Error(`not NDJSON: ${(error as Error).message}`, { cause: error });
    }
    return Array.isArray(whole) ? whole : [whole];
  }
}
