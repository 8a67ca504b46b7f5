/**
 * Runs the source on a hand-made ctx over real temporary directories. Waits on events, never on
 * time: that something did not happen is shown by a marker that is saved after it.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import {
  checkEnvelope,
  type SourceContext,
  type SourceEvent,
  type WaitCheck,
  type Waiter,
  type WaitNote,
} from '@waitbus/plugin-sdk';
import source from '../src/index.js';
import { CONFIG, startFs, type FsConfig, type Surroundings } from '../src/start.js';
import { EVENTS } from '../src/to-event.js';

const run = promisify(execFile);

/** A failing wait names what came instead; it is no part of any test's verdict otherwise. */
const PATIENCE = 20_000;

export function temporaryDirectory(t: TestContext): string {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'waitbus-fs-')));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export async function sh(script: string, cwd: string): Promise<string> {
  const { stdout } = await run('sh', ['-ec', script], { cwd });
  return stdout;
}

export interface Running {
  readonly events: readonly SourceEvent[];
  readonly failures: readonly { readonly message: string; readonly remedy: string | undefined }[];
  readonly logs: readonly string[];
  readonly notes: readonly { readonly waiter: number; readonly note: WaitNote }[];
  /** What the source's check says to a waiter. */
  check(waiter: Waiter): Promise<readonly WaitNote[]>;
  /** Resolves when `act` was followed by the source's wish that its waits be looked at again. */
  recheckedBy(act: () => Promise<unknown>): Promise<void>;
  /** Resolves with the first event, past or to come, that satisfies `test`. */
  waitFor(test: (event: SourceEvent) => boolean, what: string): Promise<SourceEvent>;
  /** `change x` and `delete x` for all events so far, paths relative to `root`. */
  story(root: string): readonly string[];
  /** The story until a marker that is saved now, the marker left out. */
  storyUntilMarker(root: string): Promise<readonly string[]>;
  setRoots(...roots: readonly string[]): Promise<void>;
  setWaiters(...waiters: readonly Waiter[]): void;
  stop(): void;
}

export async function startSource(
  t: TestContext,
  roots: readonly string[],
  config: Partial<FsConfig> = {},
  surroundings?: Surroundings,
  gate: Promise<void> = Promise.resolve(),
): Promise<Running> {
  const events: SourceEvent[] = [];
  const failures: { message: string; remedy: string | undefined }[] = [];
  const logs: string[] = [];
  const notes: { waiter: number; note: WaitNote }[] = [];
  const waiters = new Set<() => void>();
  const stopping = new AbortController();
  let handler: ((roots: readonly string[]) => void | Promise<void>) | null = null;
  let tellWaiters: (waiters: readonly Waiter[]) => void = () => undefined;
  let checkWait: WaitCheck = () => [];
  let ready = false;
  let rechecks = 0;
  const log = (message: string): void => void logs.push(message);
  const ctx: SourceContext<FsConfig> = {
    emit: async (event) => {
      checkEnvelope({ ...event, source: 'fs' });
      EVENTS[event.event_type as keyof typeof EVENTS].parse(event.fields);
      await gate;
      events.push(event);
      for (const waiter of [...waiters]) waiter();
      return { event_id: String(events.length), inserted: true };
    },
    config: CONFIG.parse(config),
    watchRoots: (given) => void (handler = given),
    watchWaiters: (given) => {
      tellWaiters = given;
      given([]);
    },
    checkWaits: (check) => void (checkWait = check),
    recheckWaits: () => {
      rechecks += 1;
      for (const each of [...waiters]) each();
    },
    note: (waiter, note) => {
      notes.push({ waiter, note });
      for (const each of [...waiters]) each();
    },
    describe: () => undefined,
    roots: [],
    cwd: null,
    secret: () => assert.fail('fs asks for no secret'),
    webhook: () => assert.fail('fs opens no webhook'),
    state: { get: () => undefined, set: () => undefined },
    log: { debug: log, info: log, warn: log, error: log },
    signal: stopping.signal,
    ready: () => void (ready = true),
    fail: (error, remedy) => {
      failures.push({ message: error.message, remedy });
      for (const waiter of [...waiters]) waiter();
    },
  };
  t.after(() => stopping.abort());
  if (surroundings === undefined) await source.start(ctx);
  else await startFs(ctx, surroundings);

  const running: Running = {
    events,
    failures,
    logs,
    notes,
    check: async (waiter) => checkWait(waiter),
    async recheckedBy(act) {
      const before = rechecks;
      const rechecked = new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error('no recheck of the waits')), PATIENCE);
        const look = (): void => {
          if (rechecks === before) return;
          clearTimeout(timer);
          waiters.delete(look);
          resolve();
        };
        waiters.add(look);
      });
      await act();
      await rechecked;
    },
    async waitFor(test, what) {
      const found = events.find(test);
      if (found !== undefined) return found;
      return new Promise((resolve, reject) => {
        const fail = (): void => {
          waiters.delete(look);
          const told = failures.map(({ message }) => `; failed: ${message}`).join('');
          reject(new Error(`no ${what}; came: ${running.story('').slice(-30).join(', ')}${told}`));
        };
        const timer = setTimeout(fail, PATIENCE);
        const look = (): void => {
          const event = events.at(-1);
          if (event === undefined || !test(event)) return;
          clearTimeout(timer);
          waiters.delete(look);
          resolve(event);
        };
        waiters.add(look);
      });
    },
    story: (root) => events.map((event) => tell(event, root)),
    async storyUntilMarker(root) {
      // A deletion is reported after a while, in order: what was to come before it has come.
      const name = `marker-${events.length}`;
      const path = join(root, name);
      writeFileSync(path, name);
      await running.waitFor(is('fs_change', path), `marker ${path}`);
      rmSync(path);
      await running.waitFor(is('fs_delete', path), `deletion of marker ${path}`);
      return running.story(root).filter((line) => !line.includes('marker-'));
    },
    setRoots: async (...next) => {
      assert.ok(handler !== null, 'the source never asked for roots');
      await handler(next);
    },
    setWaiters: (...next) => tellWaiters(next),
    stop: () => stopping.abort(),
  };
  if (failures.length === 0) {
    await running.setRoots(...roots);
    assert.ok(ready || failures.length > 0, 'the source never was ready');
  }
  return running;
}

export function is(type: string, path: string): (event: SourceEvent) => boolean {
  return (event) => event.event_type === type && event.fields?.['path'] === path;
}

export function tell(event: SourceEvent, root: string): string {
  const path = event.fields?.['path'] as string;
  const below = path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path;
  return `${event.event_type.slice(3)} ${below}`;
}
