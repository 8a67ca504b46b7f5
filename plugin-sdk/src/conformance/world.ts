/**
 * Where a check happens: a temporary directory with a home, a state directory a run and a directory
 * in which the author's scenario makes things happen, for one or two runs of the source to observe.
 */
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SourceEvent } from '../envelope/index.js';
import type { Waiter } from '../waiter.js';
import { Failure, messageOf } from './failure.js';
import { valueOf, type ObservedRun, type ScenarioWaiter, type SetupContext } from './scenario.js';
import { Session } from './session.js';
import { environmentFor, type Target } from './target.js';

/** What the kit asks of a run: one of its own, or one in a real daemon. */
export interface Run extends ObservedRun {
  until(holds: () => boolean, milliseconds: number, late: () => string): Promise<void>;
}

/** How the scenario sets up one run. */
export interface Setup {
  readonly config: unknown;
  readonly roots: readonly string[];
  readonly waiters: readonly Waiter[];
  readonly secrets: Readonly<Record<string, string>>;
  readonly env: NodeJS.ProcessEnv;
}

export class World {
  readonly base = realpathSync(mkdtempSync(join(tmpdir(), 'waitbus-kit-')));
  readonly home = this.#make('home');
  /** Where things happen. */
  readonly place = this.#make('place');
  readonly #target: Target;
  readonly #sessions: Session[] = [];
  #runs = 0;
  #rounds = 0;

  constructor(target: Target) {
    this.#target = target;
  }

  async setUp(): Promise<Setup> {
    const { scenario, source, declared, env } = this.#target;
    const { place: directory, home } = this;
    const context: SetupContext = { source, directory, home, run: this.#runs++ };
    const given = async <T>(what: string, value: Promise<T>): Promise<T> =>
      value.catch((error: unknown) => {
        throw new Failure(`${what} of the scenario threw: ${messageOf(error)}`);
      });
    const config = await given('config', valueOf(scenario.config, context));
    const roots = (await given('roots', valueOf(scenario.roots, context))) ?? [this.place];
    const waiters = await given('waiters', valueOf(scenario.waiters, context));
    const secrets = (await given('secrets', valueOf(scenario.secrets, context))) ?? {};
    const own = { ...env, ...(await given('env', valueOf(scenario.env, context))) };
    return {
      config,
      roots,
      waiters: (waiters ?? waitersUnder(roots)).map((waiter, at) => ({
        env: null,
        ...waiter,
        id: at + 1,
      })),
      secrets,
      env: {
        ...environmentFor(declared.capabilities, own),
        HOME: this.home,
        TMPDIR: this.#make('tmp'),
      },
    };
  }

  /** Starts the source, and resolves when it is ready. */
  async start(
    setup: Setup,
    { state = `state-${this.#sessions.length}`, nodeFlags = [] as readonly string[] } = {},
  ): Promise<Session> {
    const session = new Session({
      target: this.#target,
      ...setup,
      stateDir: this.#make(state),
      nodeFlags,
    });
    this.#sessions.push(session);
    await session.becomeReady();
    return session;
  }

  stateDir(state: string): string {
    return this.#make(state);
  }

  /**
   * Makes it happen once. Without a scenario the source is expected to emit by itself.
   * @throws Failure when the scenario does, or nothing comes of it in time
   */
  async provoke(runs: readonly Run[]): Promise<void> {
    const { scenario, source, declared, patience } = this.#target;
    const [first] = runs;
    if (first === undefined) return;
    const from = runs.map((run) => run.events.length);
    const until = async (wanted: string | ((event: SourceEvent) => boolean)) => {
      const fits = typeof wanted === 'string' ? isOf(wanted) : wanted;
      const found = (run: Run) => run.events.slice(from[runs.indexOf(run)]).find(fits);
      const what = typeof wanted === 'string' ? wanted : 'such an event';
      for (const run of runs) {
        const came = () => tally(run.events.slice(from[runs.indexOf(run)]));
        await run.until(
          () => found(run) !== undefined,
          patience.event,
          () => `no ${what} within ${patience.event / 1000} s; came: ${came()}`,
        );
      }
      return found(first) as SourceEvent;
    };
    if (scenario.provoke === undefined) {
      for (const type of declared.eventTypes) await until(type);
      return;
    }
    this.#rounds += 1;
    const { config, roots } = first;
    const { place: directory, home } = this;
    const context = { source, directory, home, round: this.#rounds, runs, config, roots };
    try {
      await scenario.provoke({ ...context, until });
    } catch (error) {
      if (error instanceof Failure) throw error;
      throw new Failure(`provoke of the scenario threw: ${messageOf(error)}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.#sessions) await session.end();
    try {
      await this.#target.scenario.close?.({ directory: this.place });
    } finally {
      rmSync(this.base, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    }
  }

  #make(name: string): string {
    const directory = join(this.base, name);
    mkdirSync(directory, { recursive: true });
    return directory;
  }
}

/** As `waitbus wait --source NAME` is told to a source, in each directory. */
function waitersUnder(roots: readonly string[]): readonly ScenarioWaiter[] {
  const directories = roots.length === 0 ? [null] : roots;
  return directories.map((cwd) => ({ cwd, filters: [], anyOf: [[]] }));
}

function isOf(type: string): (event: SourceEvent) => boolean {
  return (event) => event.event_type === type;
}

/** How many there are of each type, for people. */
function tally(events: readonly SourceEvent[]): string {
  const counts = new Map<string, number>();
  for (const { event_type: type } of events) counts.set(type, (counts.get(type) ?? 0) + 1);
  return [...counts].map(([type, count]) => `${count} ${type}`).join(', ') || 'nothing';
}
