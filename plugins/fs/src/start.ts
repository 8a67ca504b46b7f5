/**
 * The source's life: chooses the engine, keeps its roots at what is configured plus what waiters
 * ask for, and turns what it observes into events. Observes nothing itself.
 */
import { randomUUID } from 'node:crypto';
import { isAbsolute, resolve } from 'node:path';
import type { SourceContext } from '@waitbus/plugin-sdk';
import { z } from 'zod';
import { Arming } from './arming.js';
import { WatchFailure, type Engine, type EngineOptions } from './engine.js';
import { openPortableEngine } from './engine-portable.js';
import { Outbox } from './outbox.js';
import { toEvents } from './to-event.js';

export const CONFIG = z.strictObject({
  /** Absolute paths that are watched beside those of the waiters. */
  roots: z
    .array(z.string().refine((path) => isAbsolute(path), 'must be an absolute path'))
    .readonly()
    .default([]),
  /** Patterns in the syntax of .gitignore, relative to each root. */
  ignore: z.array(z.string()).readonly().default([]),
  /** Whether .gitignore files count. */
  gitignore: z.boolean().default(true),
});

export type FsConfig = z.output<typeof CONFIG>;

/** What the source takes from its surroundings; replaced in tests. */
export interface Surroundings {
  readonly session: string;
  readonly openEngine: (options: EngineOptions) => Promise<Engine>;
}

export async function startFs(
  ctx: SourceContext<FsConfig>,
  surroundings: Surroundings = { session: randomUUID(), openEngine },
): Promise<void> {
  let saves = 0;
  let engine: Engine;
  const outbox = new Outbox(
    ctx.emit.bind(ctx),
    (event, error) => {
      if (!ctx.signal.aborted) ctx.log.error(`${event.summary}: ${messageOf(error)}`);
    },
    () => engine.resume(),
  );
  const failed = (error: unknown): void => {
    if (ctx.signal.aborted) return;
    ctx.fail(asError(error), error instanceof WatchFailure ? error.remedy : undefined);
  };
  const arming = new Arming(ctx);
  const configured = ctx.config.roots.map((root) => resolve(root));
  try {
    engine = await surroundings.openEngine({
      ignore: ctx.config.ignore,
      gitignore: ctx.config.gitignore,
      log: ctx.log,
      observed: (observation) => {
        saves += 1;
        const save = `${surroundings.session}:${saves}`;
        for (const event of toEvents(observation, save, arming.wishes)) outbox.push(event);
      },
      changed: () => arming.recheck(),
      hasRoom: () => outbox.hasRoom,
      failed,
    });
    const close = (): void => void engine.close();
    ctx.signal.addEventListener('abort', close, { once: true });
    if (ctx.signal.aborted) close();
    await engine.setRoots(configured);
  } catch (error) {
    failed(error);
    return;
  }
  ctx.watchRoots(async (roots) => {
    try {
      const all = [...configured, ...roots.map((root) => resolve(root))];
      await arming.during(engine.setRoots(all), all, () => engine.watched);
    } catch (error) {
      failed(error);
    }
  });
  ctx.ready();
}

/** The engine for this system. */
async function openEngine(options: EngineOptions): Promise<Engine> {
  if (process.platform !== 'linux' || process.env['WAITBUS_FS_ENGINE'] === 'portable') {
    return openPortableEngine(options);
  }
  const linux = await import('./engine-linux.js').catch((error: unknown) => {
    options.log.warn(`inotify is out of reach, saves are noticed later: ${messageOf(error)}`);
    return null;
  });
  return linux === null ? openPortableEngine(options) : linux.openLinuxEngine(options);
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function messageOf(error: unknown): string {
  return asError(error).message;
}
