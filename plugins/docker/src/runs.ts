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
  oom: boolean;
  health: string | null;
}

interface Request {
  /** null: the engine did not say. */
  readonly signal: number | null;
  readonly time: bigint;
}

export class Runs {
  readonly #runs = new Map<string, Run>();

  /** @returns null for what is no event of its own */
  observe(event: EngineEvent): Observation | null {
    const { action, container, attributes, time, health, raw } = event;
    const seen = { container, attributes, time, raw };
    switch (action) {
      case 'start':
        this.#runs.delete(container);
        return { ...seen, action, status: 'started' };
      case 'kill':
        this.#ask(container, signalOf(attributes['signal']), time);
        return null;
      case 'stop':
        // Docker tells of it after the end, Podman before.
        this.#ask(container, null, time);
        return { ...seen, action, status: 'stopped' };
      case 'oom':
        this.#run(container).oom = true;
        return { ...seen, action, status: 'oom' };
      case 'health_status':
        return this.#health(container, health)
          ? { ...seen, action, status: health === 'healthy' ? 'healthy' : 'unhealthy' }
          : null;
      case 'die': {
        const exitCode = exitCodeOf(attributes['exitCode'] ?? attributes['containerExitCode']);
        const run = this.#runs.get(container);
        this.#runs.delete(container);
        const { asked = [], oom = false } = run ?? {};
        const conclusion =
          exitCode === null
            ? undefined
            : conclude(exitCode, oom, asked.filter((one) => fits(one, exitCode, time)).length > 0);
        return { ...seen, action, status: 'exited', exitCode, oomKilled: oom, conclusion };
      }
    }
  }

  /** @returns whether it changed: Podman tells of every check */
  #health(container: string, health: string | null): boolean {
    const run = this.#run(container);
    if (run.health === health || (health !== 'healthy' && health !== 'unhealthy')) return false;
    run.health = health;
    return true;
  }

  #ask(container: string, signal: number | null, time: bigint): void {
    this.#run(container).asked.push({ signal, time });
  }

  #run(container: string): Run {
    const known = this.#runs.get(container);
    if (known !== undefined) return known;
    const run: Run = { asked: [], oom: false, health: null };
    this.#runs.set(container, run);
    const [oldest] = this.#runs.keys();
    if (this.#runs.size > MOST_RUNS && oldest !== undefined) this.#runs.delete(oldest);
    return run;
  }
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
function fits({ signal, time }: Request, exitCode: number, end: bigint): boolean {
  if (signal !== null && exitCode === 128 + signal) return true;
  const ending = signal === null || ENDING_SIGNALS.includes(signal);
  return ending && end - time <= GRACE_NS;
}

function signalOf(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,3}$/.test(text) ? Number(text) : null;
}

function exitCodeOf(text: string | undefined): number | null {
  return text !== undefined && /^-?\d{1,10}$/.test(text) ? Number(text) : null;
}
