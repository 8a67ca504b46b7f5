/**
 * What becomes of each container's present run: whether somebody asked for its end, whether memory
 * ran out, how its health is. From the engine's events to observations; knows no event of waitbus.
 */
import type { EngineEvent } from './engine-event.js';
import type { Observation } from './to-event.js';

/** A container that is asked to end and ends otherwise than by that signal has done so within this. */
const GRACE_NS = 60_000_000_000n;

/** SIGINT, SIGQUIT, SIGKILL, SIGTERM: whoever sends one of these wants the end. */
const ENDING_SIGNALS = [2, 3, 9, 15];

/** Runs that are remembered at once; one that is forgotten loses what was asked of it, no event. */
const MOST_RUNS = 4096;

interface Run {
  asked: Request[];
  /** The engine told of a stop. */
  stopped: boolean;
  oom: boolean;
  health: string | null;
}

interface Request {
  /** `end`: a stop, by whatever signal. `hidden`: a signal, the engine did not say which. */
  readonly by: number | 'end' | 'hidden';
  readonly time: bigint;
}

/** An observation, and of an exit what its container's next events may yet say of it. */
export interface Seen extends Observation {
  /** It counts as a failure, and a stop that the engine tells of afterwards would make it none. */
  readonly isOpen?: boolean;
  /** Somebody stopped it, and the engine tells no stop of it. */
  readonly impliesStop?: boolean;
}

export class Runs {
  readonly #runs = new Map<string, Run>();

  /** @returns null for what is no event of its own */
  observe(event: EngineEvent): Seen | null {
    const { action, container, attributes, time, health, raw, isPodman } = event;
    const seen = { container, attributes, time, raw };
    switch (action) {
      case 'start':
        this.#runs.delete(container);
        return { ...seen, action, status: 'started' };
      case 'kill':
        this.#run(container).asked.push({ by: event.signal ?? 'hidden', time });
        return null;
      case 'restart':
        // Podman tells of it before the end; after an end, where a policy restarts, a start follows.
        this.#run(container).asked.push({ by: 'end', time });
        return null;
      case 'stop': {
        // Docker tells of it after the end, Podman before, if at all.
        const run = this.#run(container);
        run.asked.push({ by: 'end', time });
        run.stopped = true;
        return { ...seen, action, status: 'stopped' };
      }
      case 'oom':
        this.#run(container).oom = true;
        return { ...seen, action, status: 'oom' };
      case 'health_status':
        return this.#health(container, health)
          ? { ...seen, action, status: health === 'healthy' ? 'healthy' : 'unhealthy' }
          : null;
      case 'die': {
        const { exitCode } = event;
        const run = this.#runs.get(container) ?? newRun();
        this.#runs.delete(container);
        const exit = { ...seen, action, status: 'exited', exitCode, oomKilled: run.oom } as const;
        if (exitCode === null) return exit;
        const conclusion = conclude(
          exitCode,
          run.oom,
          run.asked.some((one) => fits(one, exitCode, time)),
        );
        const isOpen = conclusion === 'failure' && !run.oom && (isPodman || run.asked.length > 0);
        const impliesStop = isPodman && !run.stopped && run.asked.some(({ by }) => by === 'end');
        return { ...exit, conclusion, isOpen, impliesStop };
      }
      case 'create':
      case 'cleanup':
      case 'remove':
        return null;
    }
  }

  /** @returns whether it changed: Podman tells of every check */
  #health(container: string, health: string | null): boolean {
    const run = this.#run(container);
    if (run.health === health || (health !== 'healthy' && health !== 'unhealthy')) return false;
    run.health = health;
    return true;
  }

  #run(container: string): Run {
    const known = this.#runs.get(container);
    if (known !== undefined) return known;
    const run = newRun();
    this.#runs.set(container, run);
    const [oldest] = this.#runs.keys();
    if (this.#runs.size > MOST_RUNS && oldest !== undefined) this.#runs.delete(oldest);
    return run;
  }
}

function newRun(): Run {
  return { asked: [], stopped: false, oom: false, health: null };
}

/**
 * 0 is a success, whoever asked for the end. Else it is `cancelled` when somebody asked the engine
 * for the end and memory did not run out, and a failure otherwise.
 */
export function conclude(
  exitCode: number,
  oom: boolean,
  asked: boolean,
): 'success' | 'failure' | 'cancelled' {
  if (exitCode === 0) return 'success';
  return asked && !oom ? 'cancelled' : 'failure';
}

/** Whether this exit is what was asked for: of that signal, or soon after one that means the end. */
function fits({ by, time }: Request, exitCode: number, end: bigint): boolean {
  const isSoon = end - time <= GRACE_NS;
  if (by === 'end') return isSoon;
  if (by === 'hidden') return ENDING_SIGNALS.includes(exitCode - 128);
  return exitCode === 128 + by || (ENDING_SIGNALS.includes(by) && isSoon);
}
