/**
 * The source's life: finds an engine, opens its event stream, and is ready from then on. What goes
 * wrong before is told with a remedy; afterwards the engine may come and go.
 */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute } from 'node:path';
import type { SourceContext } from '@waitbus/plugin-sdk';
import { z } from 'zod';
import { EngineApi, type Engine } from './engine-api.js';
import { ExitCodes } from './exit-codes.js';
import { Feed } from './feed.js';
import { knownEngine } from './known-engine.js';
import { Ledger } from './ledger.js';
import { locate, type Surroundings } from './locate.js';
import { Outbox } from './outbox.js';
import { goesOn } from './pauses.js';
import { EngineProblem, problemOf, tellingProblem } from './problem.js';
import { parseList } from './records.js';

import { Absences } from './absences.js';
import { checkWait } from './wait-check.js';
import { Watch } from './watch.js';

export const CONFIG = z.strictObject({
  /** Where the engine listens; overrides DOCKER_HOST and the docker CLI's context. */
  socket: z
    .string()
    .refine((text) => isAbsolute(text) || text.includes('://'), 'must be an absolute path or a URL')
    .optional(),
});

export type DockerConfig = z.output<typeof CONFIG>;

/** How often the state says that the source lives, in milliseconds. */
const ALIVE_MS = 60_000;

export async function startDocker(
  ctx: SourceContext<DockerConfig>,
  surroundings: Surroundings = ofThisProcess(),
): Promise<void> {
  const { signal, log } = ctx;
  const clock = Date.now;
  try {
    const [api, engine] = await findEngine(ctx, surroundings);
    const saved = Ledger.saved(ctx.state);
    const resumed = saved !== null && goesOn(saved, clock());
    const ledger = resumed
      ? Ledger.resume(ctx.state, saved)
      : Ledger.begin(ctx.state, engine.notBefore);
    const failed = (error: unknown) => {
      if (!signal.aborted) ctx.fail(error instanceof Error ? error : new Error(String(error)));
    };
    const outbox = new Outbox({ ctx, ledger, clock, failed });
    const codes = new ExitCodes({ api, log, since: ledger.since });
    const feed = new Feed({ codes, ledger, outbox });
    for (const event of ledger.pending) {
      outbox.push({ event, container: '', time: 0n, isExit: false, looked: false });
    }
    const stream = await api.events(engine, ledger.since);
    codes.list(parseList(await api.containers()) ?? []);
    keepAlive(ctx, ledger, clock);
    const describe = (detail: string) => ctx.describe(detail);
    const watch = new Watch({ api, ledger, feed, outbox, log, signal, describe, clock });
    signal.addEventListener('abort', () => api.close(), { once: true });
    void watch.run({ engine, stream }, resumed).catch(failed);
    const known = knownEngine(api, surroundings);
    const absences = new Absences(() => ctx.recheckWaits(), signal);
    outbox.onEmitted = (event) => absences.emitted(event);
    ctx.checkWaits(async (waiter) => absences.said(await checkWait(waiter, known)));
    ctx.ready();
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof EngineProblem)) throw error;
    ctx.fail(error, error.remedy);
  }
}

/** The first engine that answers. */
async function findEngine(
  { config, signal }: SourceContext<DockerConfig>,
  surroundings: Surroundings,
): Promise<readonly [EngineApi, Engine]> {
  const problems: EngineProblem[] = [];
  for (const endpoint of locate(config.socket, surroundings)) {
    const api = new EngineApi(endpoint, { signal, platform: surroundings.platform });
    try {
      return [api, await api.identify()];
    } catch (error) {
      api.close();
      problems.push(problemOf(error, endpoint, surroundings.platform));
    }
  }
  throw tellingProblem(problems);
}

/** Keeps in the state when the source was last alive, and since when nobody waits on it. */
function keepAlive(ctx: SourceContext<DockerConfig>, ledger: Ledger, clock: () => number): void {
  ledger.idle = null;
  ledger.save(clock());
  const timer = setInterval(() => ledger.save(clock()), ALIVE_MS);
  timer.unref();
  ctx.signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  let waited = false;
  ctx.watchWaiters((waiters) => {
    if (waiters.length === 0 && !waited) return;
    waited = true;
    ledger.idle = waiters.length === 0 ? clock() : null;
    ledger.save(clock());
  });
}

function ofThisProcess(): Surroundings {
  return {
    env: process.env,
    home: homedir(),
    uid: process.getuid?.() ?? -1,
    platform: process.platform,
    readText: (path) => {
      try {
        return readFileSync(path, 'utf8');
      } catch {
        return null;
      }
    },
  };
}
